using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>Registers what the inference protocols need.</summary>
public static class MlopsInferenceServiceCollectionExtensions
{
    /// <summary>
    /// Adds the inference protocols over the models of <c>AddMlopsServing</c>, which it calls; then call <c>app.MapMlopsInference()</c>,
    /// <c>app.MapMlopsInferenceGrpc()</c> or both. Options come from section <c>Mlops:Inference</c> and are checked at start. Safe to call more
    /// than once.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options after the configuration; <c>null</c> for nothing.</param>
    public static IServiceCollection AddMlopsInference(this IServiceCollection services, Action<InferenceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsServing();
        OptionsBuilder<InferenceOptions> options = services.AddOptions<InferenceOptions>();
        if (!services.Any(static descriptor => descriptor.ServiceType == typeof(RestApi)))
            options.Configure<IServiceProvider>(static (options, provider) => provider.GetService<IConfiguration>()?.GetSection("Mlops:Inference").Bind(options)).ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<InferenceOptions>, InferenceOptionsValidator>());
        services.TryAddSingleton<RestApi>();
        GrpcRegistration.AddTo(services);
        return services;
    }
}
