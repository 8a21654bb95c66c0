namespace Mlops.Drift;

/// <summary>How a drift is attributed to columns.</summary>
public sealed class DriftAttributionOptions
{
    /// <summary>Columns, classifier, folds and seed; the weights' settings do not matter here.</summary>
    public DensityRatioOptions Classifier
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>Shufflings of each column in each fold, 1 to 1 000; default 5.</summary>
    public int Repeats { get; set; } = 5;

    internal void Validate()
    {
        Classifier.Validate();
        Require.InRange(Repeats, 1, 1_000, nameof(Repeats));
    }
}
