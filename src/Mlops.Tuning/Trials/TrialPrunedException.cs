namespace Mlops.Tuning;

/// <summary>Ends an objective early: the trial becomes <see cref="TrialState.Pruned"/> and the study goes on. An objective may throw it by its own judgement.</summary>
public sealed class TrialPrunedException(string message = "The trial was pruned.") : TuningException(message);
