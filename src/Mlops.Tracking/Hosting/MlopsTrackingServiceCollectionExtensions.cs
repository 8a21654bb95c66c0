using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Registers tracking.</summary>
public static class MlopsTrackingServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="Tracker"/> over the host's storage; choose that with <c>AddMlopsStorage().UseSqlite(...)</c> or
    /// <c>UsePostgreSql(...)</c>. Options come from section <c>Mlops:Tracking</c>. Safe to call more than once.
    /// </summary>
    public static IMlopsTrackingBuilder AddMlopsTracking(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsStorage().AddMigrations(TrackingSchema.Migrations).RequireArtifacts();
        services.AddOptions<TrackingOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TrackingOptions>, TrackingOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrackingOptions>, TrackingOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, TrackingLifecycle>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OrphanReaping>());
        services.TryAddSingleton(static services => new Tracker(
            services.GetRequiredDatabase(),
            services.GetRequiredService<ArtifactCatalog>(),
            services.GetRequiredService<IOptions<TrackingOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<ILoggerFactory>()?.CreateLogger<Tracker>() ?? NullLogger<Tracker>.Instance,
            services.GetService<IMeterFactory>(),
            services.GetRequiredService<ILeaseClock>(),
            outbox: services.GetService<Outbox>()));
        return new MlopsTrackingBuilder(services);
    }
}
