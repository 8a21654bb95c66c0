namespace Mlops.Drift;

/// <summary>
/// Hears of alerts and reports. A monitor calls one observer with one thing after another, alerts before reports, and its observers side by
/// side, on threads of the pool. An exception is logged and hurts nobody else. A call that takes longer than
/// <see cref="DriftMonitorOptions.ObserverTimeout"/> is abandoned and counts as failed; while it still runs, there is no other.
/// </summary>
/// <remarks>
/// <para>
/// Alerts and reports are told at least once, so both methods must be idempotent: the same <see cref="DriftAlert.Id"/>,
/// <see cref="DriftAlert.Change"/> and <see cref="DriftAlert.Occurrence"/> is the same alert, an equal report the same report. What an observer
/// did not take is told to it again before anything later of its kind, at the first evaluation after a wait of 1 s that doubles with every failure up to
/// 5 min, or of <see cref="Mlops.Webhooks.WebhookException.RetryAfter"/> if that is longer (a day at most).
/// </para>
/// <para>
/// An observer never hears of what it refused for good (a <see cref="Mlops.Webhooks.WebhookException"/> that is not transient), of what is a day old when
/// the observer fails, and of the oldest of more than 256 that wait. That is logged and counted
/// (<see cref="MonitorStatus.LostAlerts"/>, <see cref="MonitorStatus.LostReports"/>). Alerts that wait are in the monitor's state, and a
/// restored monitor tells them to all its observers; reports are not, and a host that stops tries them once more.
/// </para>
/// </remarks>
public interface IDriftObserver
{
    /// <summary>An alert was raised, repeated or cleared. It may come again; see the remarks.</summary>
    ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default);

    /// <summary>A window was evaluated; its alerts were told before. Does nothing by default. It may come again; see the remarks.</summary>
    ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
