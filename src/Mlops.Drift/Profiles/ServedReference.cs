namespace Mlops.Drift;

/// <summary>What belongs to a served model version: its reference, how wrong it is when all is well, and what tells that before labels come.</summary>
/// <param name="Profile">The reference, or null when only the error is watched.</param>
/// <param name="ErrorBaseline">The error baseline, or null when only the data is watched.</param>
public sealed record ServedReference(ReferenceProfile? Profile, ErrorBaseline? ErrorBaseline = null)
{
    /// <summary>Estimates what each window's predictions lose, for <see cref="DriftReport.EstimatedError"/> and its alert; null (default) not to. Kept by the process, not by a <see cref="DriftStore"/>.</summary>
    public LossEstimator? LossEstimator { get; init; }

    /// <summary>Estimates the metrics of a classifier on each window, for <see cref="DriftReport.EstimatedPerformance"/>; null (default) not to. Kept by the process, not by a <see cref="DriftStore"/>.</summary>
    public PerformanceEstimator? PerformanceEstimator { get; init; }
}
