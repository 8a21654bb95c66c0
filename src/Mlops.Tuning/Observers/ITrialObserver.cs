namespace Mlops.Tuning;

/// <summary>
/// Is told of trials, in order, beside the running objectives and before <see cref="Study.OptimizeAsync(Func{Trial, CancellationToken, Task{double}}, OptimizeOptions, CancellationToken)"/>
/// returns. An exception is logged and does not disturb the study.
/// </summary>
/// <remarks>
/// Delivery is at least once: a trial that finished shortly before a crash is delivered again, whole, when its study is optimised next.
/// Key what you write by <see cref="TrialRecord.Key"/>, which is the same each time.
/// </remarks>
public interface ITrialObserver
{
    /// <summary>A trial has begun; its parameters are not known yet.</summary>
    ValueTask OnStartedAsync(TrialStarted trial, CancellationToken cancellationToken);

    /// <summary>A trial has reported; the reports are stored.</summary>
    ValueTask OnReportedAsync(TrialReported trial, CancellationToken cancellationToken);

    /// <summary>A trial has finished, in whatever state; the outcome is stored.</summary>
    ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken);
}
