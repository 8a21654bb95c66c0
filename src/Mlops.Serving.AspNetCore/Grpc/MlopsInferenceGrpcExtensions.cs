using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>Maps the inference protocol over gRPC.</summary>
public static class MlopsInferenceGrpcExtensions
{
    /// <summary>
    /// Maps <c>inference.GRPCInferenceService</c>, the Open Inference Protocol with Triton's extensions (streams, repository, statistics,
    /// configuration), and <c>grpc.health.v1.Health</c> with a status for the server and for each model. They need HTTP/2: a port without
    /// TLS serves either HTTP/1.1 or HTTP/2, so gRPC without TLS needs a port of its own.
    /// </summary>
    /// <param name="endpoints">The application, whose services hold <c>AddMlopsInference</c>.</param>
    /// <returns>Conventions of all methods; <c>RequireAuthorization("policy")</c> opens them to other machines, as the policies of <see cref="InferenceOptions"/> do one by one.</returns>
    /// <exception cref="InvalidOperationException"><c>AddMlopsInference</c> was not called.</exception>
    public static IEndpointConventionBuilder MapMlopsInferenceGrpc(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<GrpcDrain>() is null)
            throw new InvalidOperationException("Call services.AddMlopsInference() before MapMlopsInferenceGrpc().");

        InferenceOptions options = endpoints.ServiceProvider.GetRequiredService<IOptions<InferenceOptions>>().Value;
        var conventions = new GrpcConventions([endpoints.MapGrpcService<GrpcInferenceService>(), endpoints.MapGrpcService<GrpcHealthService>()]);
        conventions.Add(endpoint => GrpcAccess.Apply(endpoint, options));
        return conventions;
    }

    private sealed class GrpcConventions(IEndpointConventionBuilder[] services) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (IEndpointConventionBuilder service in services)
                service.Add(convention);
        }

        public void Finally(Action<EndpointBuilder> finallyConvention)
        {
            foreach (IEndpointConventionBuilder service in services)
                service.Finally(finallyConvention);
        }
    }
}
