using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>How the density ratio of a window to the reference is estimated.</summary>
public sealed class DensityRatioOptions
{
    /// <summary>The columns that count; null (default) for all inputs of the schema.</summary>
    public IReadOnlyList<string>? Columns { get; set; }

    /// <summary>
    /// The classifier, taught labels 0 for the reference and 1 for the window on finite features; its predictions must be probabilities. Null (default) for
    /// <see cref="LogisticRegression"/>, which sees means, variances and shares of categories. <see cref="BoostedTrees.FitProbability"/> sees columns that act together as well.
    /// </summary>
    public Learner? Learner { get; set; }

    /// <summary>Parts of the rows, each weighed by a model taught on the others, 2 to 20; default 5.</summary>
    public int Folds { get; set; } = 5;

    /// <summary>The largest weight before the weights are brought to mean 1, 1 to 10 000; default 20. A larger one is set to it: less variance for some bias.</summary>
    public double MaximumWeight { get; set; } = 20;

    /// <summary>Effective rows below which a ratio is not reliable, 1 to 1 000 000 000; default 200.</summary>
    public int MinimumEffectiveRows { get; set; } = 200;

    /// <summary>Seed that deals the rows to the folds.</summary>
    public long Seed { get; set; } = 1;

    internal void Validate()
    {
        Require.InRange(Folds, 2, 20, nameof(Folds));
        Require.InRange(MaximumWeight, 1, 10_000, nameof(MaximumWeight));
        Require.InRange(MinimumEffectiveRows, 1, 1_000_000_000, nameof(MinimumEffectiveRows));
    }
}
