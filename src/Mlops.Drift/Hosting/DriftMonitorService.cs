using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>Evaluates the host's monitors at their intervals and keeps their states in the database, if there is one.</summary>
internal sealed class DriftMonitorService(
    IServiceProvider services, IEnumerable<MonitorRegistration> registrations, TimeProvider timeProvider, ILogger<DriftMonitorService>? logger = null) : BackgroundService
{
    private readonly ILogger _logger = logger ?? NullLogger<DriftMonitorService>.Instance;
    private HostedMonitor[] _monitors = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        DriftStore? store = services.GetService<Database>() is null ? null : services.GetRequiredService<DriftStore>();
        List<HostedMonitor> monitors = [];
        foreach (MonitorRegistration registration in registrations.Where(static registration => !registration.IsManual))
        {
            DriftMonitor monitor = services.GetRequiredKeyedService<DriftMonitor>(registration.Name);
            HostedMonitor hosted = new(monitor, registration, store, timeProvider, _logger);
            await hosted.StartAsync(cancellationToken).ConfigureAwait(false);
            monitors.Add(hosted);
        }

        _monitors = [.. monitors];
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        foreach (HostedMonitor monitor in _monitors)
            await monitor.SaveAsync(cancellationToken).ConfigureAwait(false);

        // States come first: observers may take all the time there is.
        await Task.WhenAll(Array.ConvertAll(_monitors, monitor => monitor.DeliverLastAsync(cancellationToken))).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Array.ConvertAll(_monitors, monitor => monitor.RunAsync(stoppingToken)));
}
