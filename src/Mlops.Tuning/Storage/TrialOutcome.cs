namespace Mlops.Tuning;

/// <summary>How a trial ended, or that it paused, at its place in the study's order.</summary>
internal sealed record TrialOutcome(long Sequence, int Number, TrialState State, IReadOnlyList<double> Values, double Violation)
{
    /// <summary>See <see cref="ReportedTrial.PausedAfter"/>.</summary>
    public int? PausedAfter { get; init; }
}
