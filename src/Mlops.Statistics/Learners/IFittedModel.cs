namespace Mlops.Statistics;

/// <summary>A fitted model: one number per row of features.</summary>
public interface IFittedModel
{
    /// <summary>Features a row must have.</summary>
    int FeatureCount { get; }

    /// <summary>The prediction for one row; a probability for classifiers. Thread-safe once fitted.</summary>
    double Predict(ReadOnlySpan<double> features);
}

/// <summary>Fits a model; the seam for learners of your own.</summary>
/// <param name="rows">Row-major features, <paramref name="columns"/> per row, all finite.</param>
/// <param name="columns">Features per row, at least 1.</param>
/// <param name="targets">One target per row.</param>
public delegate IFittedModel Learner(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> targets);
