namespace Mlops.Orchestration;

/// <summary>How an attempt ended, before anything of it is written.</summary>
internal abstract record StepOutcome
{
    public sealed record Succeeded(StepOutput Output, StoredPayload Payload) : StepOutcome;

    /// <param name="Result">What the cache holds under the attempt's key.</param>
    /// <param name="IsLast">Of a round of a loop: whether it is the last one.</param>
    public sealed record Cached(CachedResult Result, bool? IsLast) : StepOutcome;

    /// <param name="Error">Type and message.</param>
    /// <param name="Kind">Whether the retry policy is passed over, and what to call it.</param>
    public sealed record Failed(string Error, StepFailureKind Kind) : StepOutcome
    {
        /// <summary>The result that a check has turned down, and what all checks said of it.</summary>
        public (StoredPayload Payload, IReadOnlyList<CheckResult> Checks)? Quarantined { get; init; }

        public bool IsPermanent => Kind is not (StepFailureKind.Error or StepFailureKind.TimedOut);
    }

    /// <param name="Reason">Why the step goes back unharmed.</param>
    public sealed record Released(string Reason) : StepOutcome;

    /// <param name="Question">What somebody has to decide before the step can end.</param>
    public sealed record Asked(string Question) : StepOutcome;

    /// <param name="Reason">What was taken away from the step.</param>
    public sealed record Preempted(string Reason) : StepOutcome
    {
        /// <summary>How long the next attempt waits where the step's own policy would not.</summary>
        public RetryPolicy MinimumDelay { get; init; } = RetryPolicy.None;
    }

    /// <summary>The run is over: there is nothing to write.</summary>
    public sealed record Dropped : StepOutcome;
}
