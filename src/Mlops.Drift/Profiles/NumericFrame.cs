using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The frozen bins of one numeric column.</summary>
/// <param name="Edges">Shared by all parts and by every window that is compared.</param>
/// <param name="IsDiscrete">True when every value of the reference has a bin of its own, with bins for what lies between.</param>
/// <param name="LargestAtom">The share of the most frequent single value, 0 for continuous data.</param>
internal sealed record NumericFrame(BinEdges Edges, bool IsDiscrete, double LargestAtom)
{
    private const int MaximumDiscreteValues = 20;

    /// <summary>A share of one value from which it has a bin of its own, and columns are compared by bins.</summary>
    public const double LargeAtom = 0.2;

    /// <summary>Derives the bins from a sample in any order.</summary>
    public static NumericFrame From(ReadOnlySpan<double> values, int bins)
    {
        PreparedSample sample = PreparedSample.From(values);
        ReadOnlySpan<double> sorted = sample.Sorted;
        List<double> distinct = [];
        int finite = 0, largest = 0;
        double most = 0;
        for (int start = 0; start < sorted.Length;)
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
                end++;
            if (double.IsFinite(sorted[start]))
            {
                finite += end - start;
                if (end - start > largest)
                    (largest, most) = (end - start, sorted[start]);
                if (distinct.Count <= MaximumDiscreteValues)
                    distinct.Add(sorted[start]);
            }

            start = end;
        }

        double atom = largest > 1 ? (double)largest / finite : 0;
        if (distinct.Count is > 0 and <= MaximumDiscreteValues && (largest > 1 || distinct.Count == 1))
            return new NumericFrame(OwnBins(distinct), true, atom);
        return new NumericFrame(atom >= LargeAtom ? AroundAtom(sorted, most, bins) : BinEdges.FromQuantiles(sample, bins), false, atom);
    }

    /// <summary>A bin of its own for a frequent value and quantile bins for the others, which quantiles of all values would leave in one bin.</summary>
    private static BinEdges AroundAtom(ReadOnlySpan<double> sorted, double atom, int bins)
    {
        List<double> others = [];
        foreach (double value in sorted)
        {
            if (value != atom)
                others.Add(value);
        }

        SortedSet<double> edges = [.. BinEdges.FromQuantiles([.. others], bins).Inner, atom];
        if (double.IsFinite(Math.BitIncrement(atom)))
            edges.Add(Math.BitIncrement(atom));
        return BinEdges.FromInner([.. edges]);
    }

    /// <summary>An edge at each value and one right above it, so that a value never seen falls between.</summary>
    private static BinEdges OwnBins(List<double> values)
    {
        List<double> edges = [];
        foreach (double value in values)
        {
            if (edges.Count == 0 || value > edges[^1])
                edges.Add(value);
            double above = Math.BitIncrement(value);
            if (double.IsFinite(above))
                edges.Add(above);
        }

        return BinEdges.FromInner([.. edges]);
    }
}
