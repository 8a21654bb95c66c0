namespace Mlops.Drift;

/// <summary>What a window's predictions are estimated to lose before their labels come, beside what the reference's lost. Only a larger error counts as drift.</summary>
public sealed record EstimatedError
{
    /// <summary>How wrong one prediction is.</summary>
    public required ErrorMeasure Measure { get; init; }

    /// <summary>Drift when the whole interval lies above the reference's mean and the estimate by at least the floor.</summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>The verdict's reason in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Rows of the window with a finite prediction.</summary>
    public required int Rows { get; init; }

    /// <summary>Their mean loss, with an interval for the mean that will be realised; null without rows.</summary>
    public EstimatedMetric? Mean { get; init; }

    /// <summary>The mean loss of the labelled reference rows.</summary>
    public required double ReferenceMean { get; init; }

    /// <summary>The estimate over the reference's mean, less one: 0.2 is a fifth worse. Null without rows, or where the reference's is 0.</summary>
    public double? Effect { get; init; }

    /// <summary>The smallest effect that counts.</summary>
    public required double EffectFloor { get; init; }
}
