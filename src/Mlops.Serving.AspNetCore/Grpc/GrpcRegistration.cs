using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

internal static class GrpcRegistration
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddGrpc();
        services.TryAddSingleton<GrpcDrain>();
        Add<GrpcInferenceService>(services);
        Add<GrpcHealthService>(services);
    }

    private static void Add<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TService>(IServiceCollection services)
        where TService : class
    {
        services.TryAddSingleton<TService>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<GrpcServiceOptions<TService>>, GrpcServiceLimits<TService>>());
    }
}
