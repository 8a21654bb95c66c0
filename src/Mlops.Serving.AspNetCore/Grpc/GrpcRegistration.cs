using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

internal static class GrpcRegistration
{
    public static void AddTo(IServiceCollection services)
    {
        if (services.Any(static descriptor => descriptor.ServiceType == typeof(GrpcDrain)))
            return;

        services.AddGrpc();
        services.AddSingleton<GrpcDrain>();
        services.AddHostedService(static provider => provider.GetRequiredService<GrpcDrain>());
        Add<GrpcInferenceService>(services);
        Add<GrpcHealthService>(services);
    }

    private static void Add<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TService>(IServiceCollection services)
        where TService : class
    {
        services.AddSingleton<TService>();
        services.AddSingleton<IConfigureOptions<GrpcServiceOptions<TService>>, GrpcServiceLimits<TService>>();
    }
}
