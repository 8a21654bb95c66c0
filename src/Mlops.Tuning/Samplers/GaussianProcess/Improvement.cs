namespace Mlops.Tuning;

/// <summary>What is to be gained at a point over what was found, as the logarithm of its expectation, by what a model expects of every objective there.</summary>
internal abstract class Improvement
{
    /// <summary>Takes what was found.</summary>
    /// <param name="rows">The trials.</param>
    /// <param name="objectives">The models, whose targets are those of the rows.</param>
    /// <param name="random">Decides among trials that are equally good.</param>
    public abstract void Begin(IReadOnlyList<GaussianProcessRow> rows, Surrogate[] objectives, RandomStream random);

    /// <summary>Which of two trials that miss their constraints equally lies better: the one of the smaller number.</summary>
    public abstract double Standing(int row);

    /// <summary>Takes what is expected of a trial that runs as if it had been found.</summary>
    public abstract void Add(ReadOnlySpan<double> expected);

    /// <summary>The value, and its derivatives by every objective's mean and variance.</summary>
    public abstract double Log(ReadOnlySpan<double> means, ReadOnlySpan<double> variances, Span<double> byMeans, Span<double> byVariances);
}
