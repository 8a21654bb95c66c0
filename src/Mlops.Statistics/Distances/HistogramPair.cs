namespace Mlops.Statistics;

internal ref struct HistogramPair
{
    private ReadOnlySpan<long> _reference;
    private ReadOnlySpan<long> _current;

    /// <summary>The counts of two histograms that must share their edges.</summary>
    public static HistogramPair Of(Histogram reference, Histogram current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        if (!reference.Edges.Equals(current.Edges))
        {
            throw new ArgumentException(
                $"Both histograms must share their edges; these differ ({reference.Edges.BinCount} and {current.Edges.BinCount} bins). Build both from one BinEdges.",
                nameof(current));
        }

        return new HistogramPair { _reference = reference.Counts, _current = current.Counts };
    }

    public readonly void Deconstruct(out ReadOnlySpan<long> reference, out ReadOnlySpan<long> current)
    {
        reference = _reference;
        current = _current;
    }
}
