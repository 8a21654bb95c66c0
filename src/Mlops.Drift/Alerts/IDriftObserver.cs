namespace Mlops.Drift;

/// <summary>
/// Hears of alerts and reports. Calls come one after another, on the thread that evaluates; an exception is logged and hurts nobody else,
/// and a call that takes longer than <see cref="DriftMonitorOptions.ObserverTimeout"/> is abandoned and counts as failed.
/// </summary>
/// <remarks>
/// Alerts are told at least once, so <see cref="OnAlertAsync"/> must be idempotent: the same <see cref="DriftAlert.Id"/>,
/// <see cref="DriftAlert.Change"/> and <see cref="DriftAlert.Occurrence"/> is the same alert. One that an observer did not take is told to it
/// again at each of the next evaluations, ten times in all, before any later alert; those that wait, 256 at most, are in the monitor's
/// state, and a restored monitor tells them to all its observers.
/// </remarks>
public interface IDriftObserver
{
    /// <summary>An alert was raised, repeated or cleared. It may come again; see the remarks.</summary>
    ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default);

    /// <summary>A window was evaluated; its alerts were told before. Does nothing by default. A report that fails is not told again; one whose call was cancelled is.</summary>
    ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
