using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>How losses are estimated without labels.</summary>
public sealed class LossEstimatorOptions
{
    /// <summary>What is lost by one prediction; default <see cref="ErrorMeasure.Absolute"/>.</summary>
    public ErrorMeasure Measure { get; set; } = ErrorMeasure.Absolute;

    /// <summary>From which prediction on an event is announced, for <see cref="ErrorMeasure.Misclassification"/>; default 0.5.</summary>
    public double DecisionThreshold { get; set; } = 0.5;

    /// <summary>The columns that losses may depend on, besides the prediction; null (default) for all inputs of the schema.</summary>
    public IReadOnlyList<string>? Columns { get; set; }

    /// <summary>The learner of losses, given finite features; null (default) for <see cref="BoostedTrees"/>.</summary>
    public Learner? Learner { get; set; }

    /// <summary>Parts of the reference, on each of which losses are predicted by a model taught on the others, 2 to 20; default 5.</summary>
    public int Folds { get; set; } = 5;

    /// <summary>Models taught on resampled reference rows, which carry the reference's own error into the interval, 10 to 1 000; default 20.</summary>
    public int Resamples { get; set; } = 20;

    /// <summary>Coverage of the interval, strictly between 0 and 1; default 0.95.</summary>
    public double Confidence { get; set; } = 0.95;

    /// <summary>Seed of folds and resampling.</summary>
    public long Seed { get; set; } = 1;

    /// <summary>What later changes do not reach.</summary>
    internal LossEstimatorOptions Copy() => (LossEstimatorOptions)MemberwiseClone();

    internal void Validate()
    {
        Require.Defined(Measure, nameof(Measure));
        Require.Number(DecisionThreshold, nameof(DecisionThreshold));
        Require.InRange(Folds, 2, 20, nameof(Folds));
        Require.InRange(Resamples, 10, 1_000, nameof(Resamples));
        Require.Level(Confidence, 1, nameof(Confidence));
    }
}
