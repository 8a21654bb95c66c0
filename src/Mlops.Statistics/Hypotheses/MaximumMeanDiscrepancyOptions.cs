namespace Mlops.Statistics;

/// <summary>Settings of <see cref="MaximumMeanDiscrepancy"/>; the defaults suit almost every use.</summary>
public sealed record MaximumMeanDiscrepancyOptions
{
    /// <summary>The defaults.</summary>
    public static MaximumMeanDiscrepancyOptions Default { get; } = new();

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

    /// <summary>Relabellings of <see cref="MaximumMeanDiscrepancy.Test"/> and <see cref="MaximumMeanDiscrepancy.RandomFeatureTest"/>, 999 by default; the smallest possible p-value is 1 / (this + 1).</summary>
    public int Permutations
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 999;

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

    /// <summary>Seed of the relabellings and of the random features.</summary>
    public ulong Seed { get; init; } = 1;
}
