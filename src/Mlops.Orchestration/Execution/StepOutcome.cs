namespace Mlops.Orchestration;

/// <summary>How an attempt ended, before anything of it is written.</summary>
internal abstract record StepOutcome
{
    public sealed record Succeeded(StepOutput Output, StoredPayload Payload) : StepOutcome;

    /// <param name="Error">Type and message.</param>
    /// <param name="Kind">Whether the retry policy is passed over, and what to call it.</param>
    public sealed record Failed(string Error, StepFailureKind Kind) : StepOutcome
    {
        public bool IsPermanent => Kind is StepFailureKind.Permanent or StepFailureKind.Lost;
    }

    /// <param name="Reason">Why the step goes back unharmed.</param>
    public sealed record Released(string Reason) : StepOutcome;

    /// <param name="Reason">What was taken away from the step.</param>
    public sealed record Preempted(string Reason) : StepOutcome;

    /// <summary>The run is over: there is nothing to write.</summary>
    public sealed record Dropped : StepOutcome;
}
