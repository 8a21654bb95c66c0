namespace Mlops.Drift;

/// <summary>
/// Hears of alerts and reports. Calls come one after another, on the thread that evaluates; an exception is logged and hurts nobody else,
/// and a call that takes too long is abandoned.
/// </summary>
public interface IDriftObserver
{
    /// <summary>An alert was raised or cleared. After a crash the same alert may come again, with the same id.</summary>
    ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default);

    /// <summary>A window was evaluated. Does nothing by default.</summary>
    ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
