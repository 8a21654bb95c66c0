namespace Mlops.Tuning;

/// <summary>How a trial ended, or that it paused, at its place in the study's order.</summary>
internal sealed record TrialOutcome(long Sequence, int Number, TrialState State, IReadOnlyList<double> Values, double Violation)
{
    /// <summary>See <see cref="ReportedTrial.PausedAfter"/>.</summary>
    public int? PausedAfter { get; init; }

    /// <summary>Of the trial when it was read: of a pause it may be that of an attempt that has gone on since.</summary>
    public long Epoch { get; init; }
}
