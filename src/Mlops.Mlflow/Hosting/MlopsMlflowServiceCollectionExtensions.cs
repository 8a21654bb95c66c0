using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Registers what the MLflow API needs.</summary>
public static class MlopsMlflowServiceCollectionExtensions
{
    /// <summary>
    /// Adds tracking, the registry and the options of the MLflow API (section <c>Mlops:Mlflow</c>, checked at start); choose the storage
    /// with <c>AddMlopsStorage().UseSqlite(...)</c> or <c>UsePostgreSql(...)</c>, and call <c>app.MapMlflowApi()</c>. The host creates the experiment
    /// <c>Default</c> when it starts, which clients count on. Safe to call more than once.
    /// </summary>
    public static IServiceCollection AddMlopsMlflow(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsTracking();
        services.AddMlopsRegistry();
        services.AddOptions<MlflowOptions>()
            .Configure<IServiceProvider>(static (options, services) => services.GetService<IConfiguration>()?.GetSection("Mlops:Mlflow").Bind(options))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MlflowOptions>, MlflowOptionsValidator>());
        services.TryAddSingleton<MlflowApi>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DefaultExperiment>());
        return services;
    }
}
