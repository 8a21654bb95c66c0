namespace Mlops.Statistics;

/// <summary>Settings of <see cref="MaximumMeanDiscrepancy"/>; the defaults suit almost every use. The seed is also that of the random features; without a number given there are 999 relabellings.</summary>
public sealed record MaximumMeanDiscrepancyOptions : RelabellingOptions
{
    /// <summary>The defaults.</summary>
    public static MaximumMeanDiscrepancyOptions Default { get; } = new();

    internal int Rounds => Permutations ?? 999;

    /// <summary>
    /// Sigma of the kernel exp(-|a - b|^2 / (2 sigma^2)), in the unit of the data; null (default) for the median heuristic over both samples,
    /// which relabelling leaves as it is.
    /// </summary>
    public double? Bandwidth
    {
        get;
        init
        {
            if (value is double given && !(given > 0 && double.IsFinite(given)))
                throw new ArgumentOutOfRangeException(nameof(value), given, "A positive, finite bandwidth is needed.");
            field = value;
        }
    }

    /// <summary>Random features of <see cref="MaximumMeanDiscrepancy.RandomFeatureTest"/>, an even number, 128 by default: the kernel is met within about the square root of 1 / this.</summary>
    public int Features
    {
        get;
        init
        {
            if (value < 2 || value % 2 != 0)
                throw new ArgumentOutOfRangeException(nameof(value), value, "An even number of features is needed, 2 at least.");
            field = value;
        }
    } = 128;
}
