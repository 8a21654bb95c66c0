namespace Mlops.Statistics;

/// <summary>
/// Frozen, ascending inner edges. <c>B</c> bins have <c>B - 1</c> edges; a value lies in the bin whose number is how many
/// edges are at or below it, so the first and the last bin are open to infinity. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Edges frozen on a reference make counts of any two windows comparable and exactly mergeable; edges recomputed per
/// comparison do not.
/// </remarks>
public sealed class BinEdges : IEquatable<BinEdges>
{
    /// <summary>The most bins one set of edges may have.</summary>
    public const int MaximumBins = 65_536;

    private readonly double[] _inner;
    private readonly float[] _innerSingle;
    private readonly Lazy<EdgeGrid<double>?> _grid;
    private readonly Lazy<EdgeGrid<float>?> _gridSingle;

    private BinEdges(double[] inner)
    {
        _inner = inner;
        _innerSingle = new float[inner.Length];
        for (int i = 0; i < inner.Length; i++)
            _innerSingle[i] = RoundUp(inner[i]);
        _grid = new(() => EdgeGrid<double>.Of(inner));
        _gridSingle = new(() => EdgeGrid<float>.Of(_innerSingle));
    }

    /// <summary>Number of bins, one more than the edges.</summary>
    public int BinCount => _inner.Length + 1;

    /// <summary>The edges between bins, strictly ascending, all finite.</summary>
    public ReadOnlySpan<double> Inner => _inner;

    /// <summary>The smallest floats at or above the edges: comparing a float with these equals comparing it with the edges.</summary>
    internal ReadOnlySpan<float> InnerSingle => _innerSingle;

    /// <summary>Null where sweeping or searching the edges is faster; made when first needed.</summary>
    internal EdgeGrid<double>? Grid => _grid.Value;

    /// <inheritdoc cref="Grid"/>
    internal EdgeGrid<float>? GridSingle => _gridSingle.Value;

    /// <summary>Takes the edges as they are.</summary>
    /// <exception cref="ArgumentException">An edge is not finite, not above its predecessor, or there are too many.</exception>
    public static BinEdges FromInner(params ReadOnlySpan<double> edges)
    {
        if (edges.Length >= MaximumBins)
            throw new ArgumentException($"At most {MaximumBins - 1} edges are allowed; {edges.Length} were given.", nameof(edges));
        double[] inner = new double[edges.Length];
        for (int i = 0; i < edges.Length; i++)
        {
            inner[i] = edges[i] + 0.0;
            if (!double.IsFinite(edges[i]) || (i > 0 && edges[i] <= edges[i - 1]))
                throw new ArgumentException($"Edges must be finite and ascend; edge {i} is {edges[i]}.", nameof(edges));
        }

        return new BinEdges(inner);
    }

    /// <summary>
    /// Edges at the type-7 quantiles k / <paramref name="bins"/> of the finite values, equal ones kept once: about the same
    /// share of the sample in every bin, fewer bins where the sample is tied. A constant sample gives one edge, an empty
    /// one gives none (a single bin).
    /// </summary>
    /// <param name="sample">Any order; NaN and infinities are ignored. Not modified.</param>
    /// <param name="bins">Bins asked for, 1 to <see cref="MaximumBins"/>.</param>
    public static BinEdges FromQuantiles(ReadOnlySpan<double> sample, int bins = 10) => FromSorted(SampleSort.Sorted(sample), bins);

    /// <inheritdoc cref="FromQuantiles(ReadOnlySpan{double}, int)"/>
    public static BinEdges FromQuantiles(ReadOnlySpan<float> sample, int bins = 10) => FromSorted(SampleSort.Sorted(sample), bins);

    /// <summary>The same from a sample already sorted and kept, without copying it.</summary>
    public static BinEdges FromQuantiles(PreparedSample sample, int bins = 10)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return FromSorted(sample.Sorted, bins);
    }

    /// <summary>
    /// <paramref name="bins"/> bins of equal width between <paramref name="low"/> and <paramref name="high"/>, with one open bin
    /// below and one above: <c>bins + 2</c> bins in all.
    /// </summary>
    /// <exception cref="ArgumentException">The range is empty, not finite, or too narrow for that many distinct edges.</exception>
    public static BinEdges FixedWidth(double low, double high, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, MaximumBins - 2);
        if (!double.IsFinite(low) || !double.IsFinite(high) || !(low < high))
            throw new ArgumentException($"The range must be finite and not empty; it is {low} to {high}.", nameof(high));
        double[] inner = new double[bins + 1];
        for (int i = 0; i <= bins; i++)
        {
            double share = (double)i / bins;
            inner[i] = (low * (1 - share)) + (high * share);
        }

        inner[0] = low;
        inner[bins] = high;
        return FromInner(inner);
    }

    /// <summary>The bin of a finite value or an infinity; -1 for NaN.</summary>
    public int IndexOf(double value) => double.IsNaN(value) ? -1 : BinCounter.IndexOf(value, Inner);

    /// <inheritdoc/>
    public bool Equals(BinEdges? other) => other is not null && (ReferenceEquals(this, other) || Inner.SequenceEqual(other.Inner));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BinEdges);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (double edge in _inner)
            hash.Add(edge);
        return hash.ToHashCode();
    }

    private static BinEdges FromSorted(ReadOnlySpan<double> sorted, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, MaximumBins);
        int first = BinCounter.IndexOf(double.NegativeInfinity, sorted);
        int infinite = 0;
        while (infinite < sorted.Length - first && double.IsPositiveInfinity(sorted[^(infinite + 1)]))
            infinite++;
        ReadOnlySpan<double> finite = sorted[first..^infinite];
        if (finite.IsEmpty)
            return new BinEdges([]);
        List<double> inner = new(bins - 1);
        for (int k = 1; k < bins; k++)
        {
            double edge = SampleSort.Quantile(finite, (double)k / bins) + 0.0;
            if (inner.Count == 0 || edge > inner[^1])
                inner.Add(edge);
        }

        return new BinEdges([.. inner]);
    }

    private static float RoundUp(double edge)
    {
        float narrow = (float)edge;
        return narrow < edge ? MathF.BitIncrement(narrow) : narrow;
    }
}
