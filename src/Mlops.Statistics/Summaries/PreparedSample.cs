namespace Mlops.Statistics;

/// <summary>
/// A sample sorted once, to be compared with many windows without sorting it again. Immutable and thread-safe.
/// </summary>
public sealed class PreparedSample
{
    private readonly double[] _sorted;
    private readonly Lazy<ReferenceGrid?> _grid;

    private PreparedSample(double[] sorted, int nanCount)
    {
        _sorted = sorted;
        _grid = new(() => ReferenceGrid.Of(sorted, KolmogorovSmirnov.HeavyShare));
        NaNCount = nanCount;
    }

    /// <summary>Null where a window is better sorted; made when first needed.</summary>
    internal ReferenceGrid? Grid => _grid.Value;

    /// <summary>Values that are not NaN.</summary>
    public int Count => _sorted.Length;

    /// <summary>NaN that were dropped.</summary>
    public int NaNCount { get; }

    /// <summary>The values ascending, infinities included, NaN dropped, -0 as 0.</summary>
    public ReadOnlySpan<double> Sorted => _sorted;

    /// <summary>Copies and sorts <paramref name="values"/>.</summary>
    public static PreparedSample From(ReadOnlySpan<double> values)
    {
        double[] sorted = SampleSort.Sorted(values);
        return new PreparedSample(sorted, values.Length - sorted.Length);
    }

    /// <inheritdoc cref="From(ReadOnlySpan{double})"/>
    public static PreparedSample From(ReadOnlySpan<float> values)
    {
        double[] sorted = SampleSort.Sorted(values);
        return new PreparedSample(sorted, values.Length - sorted.Length);
    }

    /// <summary>Type-7 (linear) quantile; null for an empty sample.</summary>
    /// <param name="probability">0 to 1.</param>
    public double? Quantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (_sorted.Length == 0)
            return null;
        double value = SampleSort.Quantile(_sorted, probability);
        return double.IsNaN(value) ? null : value;
    }
}
