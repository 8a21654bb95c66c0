namespace Mlops.Drift;

/// <summary>How well a classifier of two classes is estimated to do on rows whose labels are not known; see <see cref="PerformanceEstimator"/>.</summary>
public sealed record EstimatedPerformance
{
    /// <summary>Rows with a finite score.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that announce that it will happen.</summary>
    public required long Announced { get; init; }

    /// <summary>Share of the rows whose score lies beyond the reference's: there the estimate is extrapolation, as the nearest reference score's. 0 without rows.</summary>
    public double BeyondReference { get; init; }

    /// <summary>Share of right announcements; null without rows.</summary>
    public EstimatedMetric? Accuracy { get; init; }

    /// <summary>Share of the announced that will happen; null where nothing is announced.</summary>
    public EstimatedMetric? Precision { get; init; }

    /// <summary>Share of what will happen that is announced; null without rows.</summary>
    public EstimatedMetric? Recall { get; init; }

    /// <summary>Harmonic mean of precision and recall; null without rows.</summary>
    public EstimatedMetric? F1 { get; init; }

    /// <summary>Area under the receiver operating characteristic; null without two rows of different expectation.</summary>
    public EstimatedMetric? RocAuc { get; init; }
}
