namespace Mlops.Orchestration;

/// <summary>How an attempt ended, before anything of it is written.</summary>
internal abstract record StepOutcome
{
    public sealed record Succeeded(StepOutput Output, StoredPayload Payload) : StepOutcome;

    /// <param name="Error">Type and message.</param>
    /// <param name="IsPermanent">Whether the retry policy is passed over.</param>
    public sealed record Failed(string Error, bool IsPermanent) : StepOutcome;

    /// <param name="Reason">Why the step goes back unharmed.</param>
    public sealed record Released(string Reason) : StepOutcome;

    /// <summary>The run is over: there is nothing to write.</summary>
    public sealed record Dropped : StepOutcome;
}
