using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>Registers model serving with a host.</summary>
public static class MlopsServingServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="ModelServer"/> that loads its models when the host starts. A model that cannot be loaded does not stop the
    /// host: it is logged, its health check fails, and it serves once its source delivers. Safe to call more than once.
    /// </summary>
    public static IMlopsServingBuilder AddMlopsServing(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(CreateServer);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelOptions>, ModelOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelOptions>, ModelOptionsTimesValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ServingHostOptions>, ServingHostOptionsValidator>());
        services.AddOptions<ServingHostOptions>()
            .Configure<IServiceProvider>(static (options, provider) => provider.GetService<IConfiguration>()?.GetSection("Mlops:Serving").Bind(options))
            .ValidateOnStart();
        services.AddHostedService<ModelServerHost>();
        return new MlopsServingBuilder(services);
    }

    private static ModelServer CreateServer(IServiceProvider services)
    {
        IOptionsMonitor<ModelOptions> options = services.GetRequiredService<IOptionsMonitor<ModelOptions>>();
        ILogger logger = services.GetService<ILoggerFactory>()?.CreateLogger<ModelServer>()
            ?? Microsoft.Extensions.Logging.Abstractions.NullLogger<ModelServer>.Instance;
        var environment = new ServingEnvironment(
            new ServingTelemetry(services.GetService<IMeterFactory>()),
            [.. services.GetServices<IPredictionObserver>()],
            services.GetRequiredService<TimeProvider>(),
            logger)
        {
            OutcomeObservers = [.. services.GetServices<IOutcomeObserver>()],
            RolloutStore = services.GetService<IRolloutStore>() ?? new InMemoryRolloutStore(),
        };
        return new ModelServer(services.GetServices<ModelRegistration>(), services.GetService<ModelFolderOptions>(), services, options.Get, services.GetService<IModelRuntime>(), environment);
    }
}
