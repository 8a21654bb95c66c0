namespace Mlops.Orchestration;

/// <summary>That a step has read or made something.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Step">The step's key, for example <c>train</c> or <c>fold[2012]</c>.</param>
/// <param name="State">
/// Where the step stands: <see cref="StepState.Succeeded"/>, or <see cref="StepState.Failed"/> for artifacts of a result that a check has turned down. Checkpoints
/// keep what they refer to before their step ends.
/// </param>
/// <param name="Data">What it has read or made.</param>
public sealed record DataUse(long RunId, string Pipeline, string Step, StepState State, StepData Data)
{
    /// <summary>The run that really did it, where the step took its result from an earlier run (cache or rerun); otherwise null.</summary>
    public long? FromRun { get; init; }

    /// <summary>When the step was over; null while it is not.</summary>
    public DateTimeOffset? At { get; init; }
}
