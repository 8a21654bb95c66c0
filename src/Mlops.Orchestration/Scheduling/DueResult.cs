namespace Mlops.Orchestration;

/// <summary>What became of a due time, with the runs that it concerned.</summary>
/// <param name="Outcome">What became of the due time.</param>
internal sealed record DueResult(ScheduleOutcome Outcome)
{
    /// <summary>The run that was started; null when none was.</summary>
    public long? RunId { get; init; }

    /// <summary>The runs that had to give way.</summary>
    public IReadOnlyList<RunEnd> Cancelled { get; init; } = [];
}
