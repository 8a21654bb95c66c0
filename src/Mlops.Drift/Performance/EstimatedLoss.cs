namespace Mlops.Drift;

/// <summary>What a model's predictions are estimated to lose on rows whose labels are not known; see <see cref="LossEstimator"/>.</summary>
public sealed record EstimatedLoss
{
    /// <summary>What one prediction loses.</summary>
    public required ErrorMeasure Measure { get; init; }

    /// <summary>Rows of the window with a finite prediction.</summary>
    public required int Rows { get; init; }

    /// <summary>Their mean loss, with an interval for the mean that will be realised; null without rows.</summary>
    public EstimatedMetric? Mean { get; init; }

    /// <summary>The mean loss of the labelled reference rows.</summary>
    public required double ReferenceMean { get; init; }

    /// <summary>Standard error of the estimate itself, as if the window had endless rows like these; null without rows.</summary>
    public double? StandardError { get; init; }

    /// <summary>Whether reference residuals, weighed like the window, corrected the learner's estimate.</summary>
    public bool IsCorrected { get; init; }
}
