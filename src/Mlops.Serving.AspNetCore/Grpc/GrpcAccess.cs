using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mlops.Serving.AspNetCore;

/// <summary>Puts each method of the services under its access, and in front of each the gate that checks it.</summary>
internal static class GrpcAccess
{
    private const string PermissionDenied = "7";

    /// <exception cref="InvalidOperationException">Nothing can be put in front of the endpoint.</exception>
    public static void Apply(EndpointBuilder endpoint, InferenceOptions options)
    {
        if (endpoint.RequestDelegate is not { } next)
            throw AccessGate.CannotGuard(endpoint);

        Of(endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method.Name).Apply(endpoint, options);
        endpoint.RequestDelegate = context =>
        {
            if (AccessGate.Refusal(context, options) is { } refusal)
                return RefuseAsync(context, refusal);

            // The length of each message is checked where it begins; the server's own limit of bodies would be another one.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
                body.MaxRequestBodySize = null;
            return next(context);
        };
    }

    /// <summary>What is not named here, such as a method that was added and forgotten, is open to nobody but those who may do everything.</summary>
    private static InferenceAccess Of(string? method) => method switch
    {
        nameof(GrpcInferenceService.ServerLive) or nameof(GrpcInferenceService.ServerReady) or nameof(GrpcInferenceService.ModelReady)
            or nameof(GrpcInferenceService.ServerMetadata) or nameof(GrpcInferenceService.ModelMetadata) or nameof(GrpcInferenceService.ModelConfig)
            or nameof(GrpcInferenceService.ModelStatistics) or nameof(GrpcInferenceService.RepositoryIndex)
            or nameof(GrpcHealthService.Check) or nameof(GrpcHealthService.List) or nameof(GrpcHealthService.Watch) => InferenceAccess.Read,
        nameof(GrpcInferenceService.ModelInfer) or nameof(GrpcInferenceService.ModelStreamInfer) => InferenceAccess.Infer,
        _ => InferenceAccess.Manage,
    };

    private static Task RefuseAsync(HttpContext context, string refusal)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = PermissionDenied;
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(refusal);
        return context.Response.CompleteAsync();
    }
}
