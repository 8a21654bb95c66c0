namespace Mlops.Drift.Tests;

/// <summary>Writes down the alerts that it is told.</summary>
internal sealed class AlertList(List<DriftAlert> alerts) : IDriftObserver
{
    public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
    {
        alerts.Add(alert);
        return ValueTask.CompletedTask;
    }
}
