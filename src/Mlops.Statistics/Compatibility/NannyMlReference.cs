namespace Mlops.Statistics;

/// <summary>
/// A reference of numbers as NannyML fits it: sorted and binned once, compared with many chunks. Immutable and thread-safe. For decisions use this
/// package's own tests.
/// </summary>
/// <remarks>
/// Values that are not finite are ignored, in the reference and in chunks. Bins are numpy's Doane rule over the reference; values of a chunk outside its
/// range share one more. Every figure is null when a side holds no finite value or the range exceeds a double.
/// </remarks>
public sealed class NannyMlReference
{
    private const int ExactCount = 10_000;

    private readonly double[] _sorted;
    private readonly Lazy<(EqualWidthBins Bins, long[] Counts)?> _bins;
    private readonly Lazy<EstimatedCdf?> _narrow;
    private readonly Lazy<EstimatedCdf?> _wide;

    private NannyMlReference(double[] sorted)
    {
        _sorted = sorted;
        _bins = new(Bin);
        _narrow = new(() => EstimatedCdf.Of(_sorted, widens: false));
        _wide = new(() => EstimatedCdf.Of(_sorted, widens: true));
    }

    /// <summary>The finite values.</summary>
    public int Count => _sorted.Length;

    /// <summary>Copies and sorts <paramref name="values"/>.</summary>
    public static NannyMlReference From(ReadOnlySpan<double> values)
    {
        using SortedSample sorted = SortedSample.Rent(values);
        return new NannyMlReference(CdfIntegral.Finite(sorted.Values).ToArray());
    }

    /// <summary>Jensen-Shannon distance to base 2 over the bins, 0 to 1.</summary>
    public double? JensenShannonDistance(ReadOnlySpan<double> chunk) => CountInBins(chunk) is (long[] r, long[] c) ? JensenShannon.DistanceBase2(r, c) : null;

    /// <summary>Hellinger distance over the bins, 0 to 1.</summary>
    public double? HellingerDistance(ReadOnlySpan<double> chunk) => CountInBins(chunk) is (long[] r, long[] c) ? Hellinger.Distance(r, c) : null;

    /// <summary>The Kolmogorov-Smirnov distance, 0 to 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="calculation"/> is none of the enum's values.</exception>
    public double? KolmogorovSmirnovDistance(ReadOnlySpan<double> chunk, NannyMlCalculation calculation = NannyMlCalculation.Auto)
    {
        bool isExact = IsExact(calculation);
        using SortedSample sorted = SortedSample.Rent(chunk);
        ReadOnlySpan<double> values = CdfIntegral.Finite(sorted.Values);
        if (Count == 0 || values.IsEmpty)
            return null;
        if (!isExact)
            return _narrow.Value?.LargestGap(values);

        // A chunk is searched in a reference much larger than it, faster than both are walked.
        long gap = values.Length < Count / 16 ? EcdfMerge.CompareFew(_sorted, values) : EcdfMerge.Compare(_sorted, values).Numerator;
        return gap / ((double)Count * values.Length);
    }

    /// <summary>The Wasserstein-1 distance, in the unit of the data.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="calculation"/> is none of the enum's values.</exception>
    public double? WassersteinDistance(ReadOnlySpan<double> chunk, NannyMlCalculation calculation = NannyMlCalculation.Auto)
    {
        bool isExact = IsExact(calculation);
        using SortedSample sorted = SortedSample.Rent(chunk);
        ReadOnlySpan<double> values = CdfIntegral.Finite(sorted.Values);
        if (Count == 0 || values.IsEmpty)
            return null;
        return (isExact ? CdfIntegral.Compute(_sorted, values, squared: false) : _wide.Value?.Area(values)) is double value && double.IsFinite(value) ? value : null;
    }

    private bool IsExact(NannyMlCalculation calculation) => calculation switch
    {
        NannyMlCalculation.Auto => Count < ExactCount,
        NannyMlCalculation.Exact => true,
        NannyMlCalculation.Estimated => false,
        _ => throw new ArgumentOutOfRangeException(nameof(calculation), calculation, "Auto, Exact or Estimated is needed."),
    };

    private (EqualWidthBins Bins, long[] Counts)? Bin()
    {
        if (Count == 0 || EqualWidthBins.Doane(_sorted) is not { } bins)
            return null;
        return (bins, [.. bins.Count(_sorted).Counts, 0]);
    }

    private (long[] Reference, long[] Chunk)? CountInBins(ReadOnlySpan<double> chunk)
    {
        if (_bins.Value is not (EqualWidthBins bins, long[] reference))
            return null;
        (long[] counts, long outside) = bins.Count(chunk);
        return (reference, [.. counts, outside]);
    }
}
