using System.Diagnostics.CodeAnalysis;
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
    /// <c>UsePostgreSql(...)</c>, or keep runs elsewhere with a call on the returned builder, such as <c>UseMlflow(...)</c>. Options come from section <c>Mlops:Tracking</c>. Safe to call more than once.
    /// </summary>
    public static IMlopsTrackingBuilder AddMlopsTracking(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        IMlopsStorageBuilder storage = services.AddMlopsStorage();
        if (!HasStore(services))
        {
            storage.AddMigrations(TrackingSchema.Migrations).RequireArtifacts();
        }

        services.AddOptions<TrackingOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TrackingOptions>, TrackingOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrackingOptions>, TrackingOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, TrackingLifecycle>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OrphanReaping>());
        services.TryAddSingleton(CreateTracker);
        return new MlopsTrackingBuilder(services);
    }

    /// <summary>For providers: keeps runs in another store than the host's database, which tracking then does not need.</summary>
    /// <exception cref="InvalidOperationException">Another store was chosen before.</exception>
    [Experimental("MLOPS001")]
    public static IMlopsTrackingBuilder UseStore(this IMlopsTrackingBuilder builder, Func<IServiceProvider, ITrackingStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        if (HasStore(builder.Services))
        {
            throw new InvalidOperationException("A store of runs was chosen already: call UseMlflow, or another of its kind, once.");
        }

        builder.Services.AddSingleton(create);
        foreach (ServiceDescriptor migrations in builder.Services.Where(static service => ReferenceEquals(service.ImplementationInstance, TrackingSchema.Migrations)).ToArray())
        {
            builder.Services.Remove(migrations);
        }

        return builder;
    }

    private static bool HasStore(IServiceCollection services) => services.Any(static service => service.ServiceType == typeof(ITrackingStore));

    private static Tracker CreateTracker(IServiceProvider services)
    {
        TrackingOptions options = services.GetRequiredService<IOptions<TrackingOptions>>().Value;
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        ILogger logger = services.GetService<ILoggerFactory>()?.CreateLogger<Tracker>() ?? NullLogger<Tracker>.Instance;
        IMeterFactory? meters = services.GetService<IMeterFactory>();
        return services.GetService<ITrackingStore>() is { } store
            ? new Tracker(store, options, time, logger, meters)
            : new Tracker(
                services.GetRequiredDatabase(), services.GetRequiredService<ArtifactCatalog>(), options, time, logger, meters,
                services.GetRequiredService<ILeaseClock>(), outbox: services.GetService<Outbox>());
    }
}
