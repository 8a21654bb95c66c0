using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>Registers drift checks.</summary>
public static class MlopsDriftServiceCollectionExtensions
{
    /// <summary>
    /// Adds drift monitors. With a database (<c>AddMlopsStorage().UseSqlite(...)</c>) states, reports and alerts are stored and monitors go
    /// on where they stopped; without one they work in memory. Safe to call more than once.
    /// </summary>
    public static IMlopsDriftBuilder AddMlopsDrift(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => DriftMetrics.For(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton(static provider => new DriftStore(provider.GetRequiredDatabase(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DriftMonitorOptions>, DriftMonitorOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DriftMonitorService>());
        if (!services.Any(static service => ReferenceEquals(service.ImplementationInstance, DriftStoreSchema.Migrations)))
            services.AddSingleton(DriftStoreSchema.Migrations);
        return new MlopsDriftBuilder(services);
    }

    /// <summary>
    /// Adds a monitor. Ask for <c>[FromKeyedServices("name")] DriftMonitor&lt;T&gt;</c> to observe. The host evaluates it at
    /// <see cref="DriftMonitorOptions.EvaluationInterval"/>.
    /// </summary>
    /// <remarks>
    /// With a database, state, reports and alerts go by the monitor's name, and a state belongs to one process: of two that share a name
    /// and a database, the one that saves later wins. Give each replica a name of its own.
    /// </remarks>
    /// <param name="builder">From <see cref="AddMlopsDrift(IServiceCollection)"/>.</param>
    /// <param name="name">The monitor's name: service key, options name, telemetry tag.</param>
    /// <param name="schema">How rows are read.</param>
    /// <param name="configure">Refines the monitor.</param>
    /// <exception cref="InvalidOperationException">A monitor of that name was added before.</exception>
    public static IMlopsDriftBuilder AddMonitor<T>(
        this IMlopsDriftBuilder builder, string name, DriftSchema<T> schema, Action<DriftMonitorBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(schema);
        MonitorRegistration registration = Register(builder, name, configure);
        builder.Services.AddKeyedSingleton(name, (provider, _) => new DriftMonitor<T>(name, schema, OptionsOf(provider, name), ServicesOf(provider, registration)));
        builder.Services.AddKeyedSingleton<DriftMonitor>(name, static (provider, key) => provider.GetRequiredKeyedService<DriftMonitor<T>>(key));
        return builder;
    }

    /// <inheritdoc cref="AddMonitor{T}(IMlopsDriftBuilder, string, DriftSchema{T}, Action{DriftMonitorBuilder}?)"/>
    /// <remarks>
    /// For rows that are handed over as spans: ask for <c>[FromKeyedServices("name")] DriftMonitor</c>. A monitor's stored state belongs to
    /// one process: give each replica a name of its own.
    /// </remarks>
    public static IMlopsDriftBuilder AddMonitor(
        this IMlopsDriftBuilder builder, string name, DriftSchema schema, Action<DriftMonitorBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(schema);
        MonitorRegistration registration = Register(builder, name, configure);
        builder.Services.AddKeyedSingleton(name, (provider, _) => new DriftMonitor(name, schema, OptionsOf(provider, name), ServicesOf(provider, registration)));
        return builder;
    }

    /// <summary>
    /// Adds a health check: Degraded while an alert stands, or a live version has no reference, or rows were dropped; never Unhealthy. It is
    /// tagged <c>drift</c>, not ready or live: drift is no reason to stop serving.
    /// </summary>
    public static IHealthChecksBuilder AddMlopsDrift(this IHealthChecksBuilder builder, string name = "mlops.drift")
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<DriftHealthCheck>(name, tags: ["drift"]);
    }

    private static MonitorRegistration Register(IMlopsDriftBuilder builder, string name, Action<DriftMonitorBuilder>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (builder.Services.Any(service => service.ImplementationInstance is MonitorRegistration known && known.Name == name))
            throw new InvalidOperationException($"A drift monitor named '{name}' was added before; names are unique.");
        DriftMonitorBuilder monitor = new(name, builder.Services);
        configure?.Invoke(monitor);
        MonitorRegistration registration = new(name, monitor.Initial, monitor.IsManual);
        builder.Services.AddSingleton(registration);
        return registration;
    }

    private static DriftMonitorOptions OptionsOf(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<DriftMonitorOptions>>().Get(name);

    private static DriftMonitorServices ServicesOf(IServiceProvider provider, MonitorRegistration registration)
    {
        DriftStore? store = provider.GetService<Database>() is null ? null : provider.GetRequiredService<DriftStore>();
        List<IDriftObserver> observers = [.. provider.GetServices<IDriftObserver>(), .. provider.GetKeyedServices<IDriftObserver>(registration.Name)];
        if (store is not null && !registration.IsManual)
            observers.Insert(0, store.CreateObserver(OptionsOf(provider, registration.Name).ReportRetention));
        return new DriftMonitorServices
        {
            TimeProvider = provider.GetRequiredService<TimeProvider>(),
            Logger = provider.GetService<ILoggerFactory>()?.CreateLogger("Mlops.Drift") ?? NullLogger.Instance,
            References = provider.GetService<IReferenceSource>() ?? store,
            Observers = observers,
            Metrics = provider.GetRequiredService<DriftMetrics>(),
        };
    }
}
