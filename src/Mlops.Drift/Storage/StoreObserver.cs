namespace Mlops.Drift;

/// <summary>Stores what a monitor tells.</summary>
internal sealed class StoreObserver(DriftStore store, TimeSpan? retention) : IDriftObserver
{
    public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => new(store.SaveAlertAsync(alert, cancellationToken));

    public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) =>
        new(store.SaveReportAsync(report, retention, cancellationToken));
}
