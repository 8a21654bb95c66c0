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
    private DriftMonitor[] _monitors = [];
    private DriftStore? _store;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _store = services.GetService<Database>() is null ? null : services.GetRequiredService<DriftStore>();
        List<DriftMonitor> monitors = [];
        foreach (MonitorRegistration registration in registrations.Where(static registration => !registration.IsManual))
        {
            DriftMonitor monitor = services.GetRequiredKeyedService<DriftMonitor>(registration.Name);
            await RestoreAsync(monitor, registration, cancellationToken).ConfigureAwait(false);
            monitors.Add(monitor);
        }

        _monitors = [.. monitors];
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        foreach (DriftMonitor monitor in _monitors)
            await SaveAsync(monitor, cancellationToken).ConfigureAwait(false);

        // What the stop has cut short; the state holds alerts but no reports. States come first: observers may take all the time there is.
        foreach (DriftMonitor monitor in _monitors.Where(static monitor => monitor.HasUndelivered))
        {
            await TryAsync(monitor, monitor.DeliverAsync, cancellationToken).ConfigureAwait(false);
            await SaveAsync(monitor, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Array.ConvertAll(_monitors, monitor => RunAsync(monitor, stoppingToken)));

    private async Task RunAsync(DriftMonitor monitor, CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(monitor.EvaluationInterval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                // What an observer did not take is no reason to judge and store the same rows again.
                Func<CancellationToken, Task>? work = monitor.HasNews ? monitor.EvaluateAsync : monitor.HasUndelivered ? monitor.DeliverAsync : null;
                if (work is null)
                    continue;
                await TryAsync(monitor, work, stoppingToken).ConfigureAwait(false);
                await SaveAsync(monitor, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TryAsync(DriftMonitor monitor, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            DriftLog.EvaluationFailed(_logger, monitor.Name, exception);
        }
    }

    private async Task RestoreAsync(DriftMonitor monitor, MonitorRegistration registration, CancellationToken cancellationToken)
    {
        // A state is worth having, not worth refusing to serve for.
        try
        {
            if (_store is not null && await _store.FindStateAsync(monitor.Name, cancellationToken).ConfigureAwait(false) is { } state)
                monitor.RestoreState(state, version => version == registration.Initial?.ModelVersion ? registration.Initial?.Reference : null);
        }
        catch (Exception exception) when (exception is DriftFormatException or StorageException)
        {
            DriftLog.RestoreFailed(_logger, monitor.Name, exception);
        }

        if (registration.Initial is var (modelVersion, reference))
            monitor.Activate(modelVersion, reference.Profile, reference.ErrorBaseline);
    }

    private async Task SaveAsync(DriftMonitor monitor, CancellationToken cancellationToken)
    {
        if (_store is null)
            return;
        try
        {
            await _store.SaveStateAsync(monitor.Name, monitor.SaveState(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            DriftLog.SaveFailed(_logger, monitor.Name, exception);
        }
    }
}
