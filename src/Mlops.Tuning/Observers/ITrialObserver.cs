namespace Mlops.Tuning;

/// <summary>
/// Is told of finished trials, one at a time, beside the running objectives and before <see cref="Study.OptimizeAsync(Func{Trial, CancellationToken, Task{double}}, OptimizeOptions, CancellationToken)"/>
/// returns. An exception is logged and does not disturb the study, nor does a call that takes longer than
/// <see cref="TuningOptions.ObserverTimeout"/>: it is cancelled and given up.
/// </summary>
/// <remarks>
/// Delivery is at least once: a trial that finished shortly before a crash, whose call failed, or that waited behind one that was given
/// up, is delivered again when its study is optimised next. A process that begins to optimise may also deliver what another live process has stored but not
/// recorded as delivered yet, so that both deliver it. Key what you write by <see cref="TrialRecord.Key"/>, which is the same each time.
/// </remarks>
public interface ITrialObserver
{
    /// <summary>A trial has finished, in whatever state; the outcome is stored.</summary>
    ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken);
}
