namespace Mlops.Statistics;

/// <summary>
/// A reference's distribution function at the edges of equal bins over its range, which is what NannyML keeps of a large one. At an edge it is the share
/// below, at the last one the share at or below.
/// </summary>
internal sealed class EstimatedCdf
{
    private const int Bins = 10_000;

    private readonly double[] _edges;
    private readonly double[] _shares;
    private readonly double _width;

    private EstimatedCdf(double[] edges, double[] sorted)
    {
        _edges = edges;
        _width = edges[1] - edges[0];
        _shares = Shares(sorted);
    }

    /// <summary>Null when the range exceeds a double.</summary>
    /// <param name="sorted">The finite reference values ascending, at least one.</param>
    /// <param name="widens">Whether a constant reference gets a range of 1 around it, as numpy's own bins do, or edges that are all equal.</param>
    public static EstimatedCdf? Of(double[] sorted, bool widens)
    {
        double low = sorted[0], high = sorted[^1];
        if (!double.IsFinite(high - low))
            return null;
        if (widens && low == high)
        {
            low -= 0.5;
            high += 0.5;
        }

        double step = (high - low) / Bins;
        double[] edges = new double[Bins + 1];
        for (int i = 0; i < Bins; i++)
            edges[i] = (i * step) + low;
        edges[Bins] = high;
        return new EstimatedCdf(edges, sorted);
    }

    /// <summary>The largest difference at an edge.</summary>
    public double LargestGap(ReadOnlySpan<double> sorted)
    {
        double[] shares = Shares(sorted);
        double largest = 0;
        for (int i = 0; i < Bins; i++)
            largest = double.Max(largest, Math.Abs(_shares[i] - shares[i]));
        return largest;
    }

    /// <summary>
    /// The sum of the differences at the edges times the width, and what lies outside the range by its distance. Where values lie below the range, one more
    /// than there are counts as below, as NannyML has it.
    /// </summary>
    public double Area(ReadOnlySpan<double> sorted)
    {
        double[] shares = Shares(sorted);
        double count = sorted.Length, surplus = sorted[0] < _edges[0] ? 1 / count : 0, within = 0, outside = 0;
        for (int i = 0; i < Bins; i++)
            within += Math.Abs(_shares[i] - shares[i] - surplus);
        for (int i = 0; i < sorted.Length && sorted[i] < _edges[0]; i++)
            outside += _edges[0] - sorted[i];
        for (int i = sorted.Length - 1; i >= 0 && sorted[i] > _edges[^1]; i--)
            outside += sorted[i] - _edges[^1];
        return (within * _width) + (outside / count);
    }

    /// <summary>At the upper edge of every bin.</summary>
    private double[] Shares(ReadOnlySpan<double> sorted)
    {
        double[] shares = new double[Bins];
        int below = 0;
        for (int i = 0; i < Bins; i++)
        {
            while (below < sorted.Length && (sorted[below] < _edges[i + 1] || (i == Bins - 1 && sorted[below] == _edges[Bins])))
                below++;
            shares[i] = (double)below / sorted.Length;
        }

        return shares;
    }
}
