namespace Mlops.Tuning;

/// <summary>Ends an objective for now: the trial becomes <see cref="TrialState.Paused"/> and may go on from its checkpoint later. An objective may throw it by its own judgement.</summary>
public sealed class TrialPausedException(string message = "The trial was paused.") : TuningException(message);
