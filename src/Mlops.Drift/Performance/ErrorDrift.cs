namespace Mlops.Drift;

/// <summary>How wrong the model has been lately, beside its baseline. Only a larger error counts as drift.</summary>
public sealed record ErrorDrift
{
    /// <summary>How wrong one prediction is.</summary>
    public required ErrorMeasure Measure { get; init; }

    /// <summary>Drift when the mean error is proven to be larger than the baseline, by at least the floor.</summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>The verdict's reason in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Labelled predictions in the error window.</summary>
    public required long Rows { get; init; }

    /// <summary>Their mean error; null without rows.</summary>
    public double? Mean { get; init; }

    /// <summary>The mean error of the baseline; null without one.</summary>
    public double? BaselineMean { get; init; }

    /// <summary>Mean error over the baseline's, less one: 0.2 is a fifth worse. Null without a baseline, or where it is 0.</summary>
    public double? Effect { get; init; }

    /// <summary>The smallest effect that counts.</summary>
    public required double EffectFloor { get; init; }

    /// <summary>The effect this window would have found with probability 0.8; null where unknown.</summary>
    public double? MinimumDetectableEffect { get; init; }

    /// <summary>Welch's t of the mean error against the baseline's; null where undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>Its one-sided p-value; null where undefined.</summary>
    public double? PValue { get; init; }

    /// <summary>Mean absolute error; null without rows.</summary>
    public double? MeanAbsoluteError { get; init; }

    /// <summary>Root of the mean squared error; null without rows.</summary>
    public double? RootMeanSquaredError { get; init; }

    /// <summary>Mean of prediction less actual; null without rows.</summary>
    public double? Bias { get; init; }

    /// <summary>Share of the actual values' variance that the predictions explain; null where the actual values do not vary.</summary>
    public double? R2 { get; init; }

    /// <summary>Mean of |prediction - actual| / |actual|; null without rows, or where an actual value is 0.</summary>
    public double? MeanAbsolutePercentageError { get; init; }

    /// <summary>What the scores were worth; null unless the measure is one of classification.</summary>
    public ClassificationPerformance? Classification { get; init; }

    /// <summary>What the detector of changes has seen; null where there is none.</summary>
    public ErrorChange? Change { get; init; }

    /// <summary>How much serial dependence inflated the variance of the mean error; 1 for independent errors.</summary>
    public double Inflation { get; init; } = 1;
}
