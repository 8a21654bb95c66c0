namespace Mlops.Statistics;

/// <summary>
/// Merges bins until each is expected to hold at least five values of either sample (Cochran's rule), so that chi-squared
/// limits hold. The expectation of a bin is its pooled share times the smaller sample.
/// </summary>
internal static class BinMerging
{
    public const double MinimumExpected = 5;

    /// <summary>
    /// Ordered bins: neighbours join from left to right until they reach the minimum; a rest at the right end joins its
    /// left neighbour.
    /// </summary>
    public static (long[] Reference, long[] Current) MergeOrdered(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double factor = Factor(reference, current);
        List<long> left = [], right = [];
        long r = 0, c = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            r += reference[i];
            c += current[i];
            if ((r + c) * factor >= MinimumExpected)
            {
                left.Add(r);
                right.Add(c);
                r = c = 0;
            }
        }

        Rest(left, right, r, c);
        return ([.. left], [.. right]);
    }

    /// <summary>Categories: all that fall short pool into one; if the pool falls short too, it joins the smallest of the others.</summary>
    public static (long[] Reference, long[] Current) MergeCategories(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double factor = Factor(reference, current);
        List<long> left = [], right = [];
        long r = 0, c = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            if ((reference[i] + current[i]) * factor >= MinimumExpected)
            {
                left.Add(reference[i]);
                right.Add(current[i]);
            }
            else
            {
                r += reference[i];
                c += current[i];
            }
        }

        if ((r + c) * factor >= MinimumExpected)
        {
            left.Add(r);
            right.Add(c);
        }
        else
        {
            int smallest = 0;
            for (int i = 1; i < left.Count; i++)
                smallest = left[i] + right[i] < left[smallest] + right[smallest] ? i : smallest;
            if (left.Count > 0)
            {
                (left[smallest], left[^1]) = (left[^1], left[smallest]);
                (right[smallest], right[^1]) = (right[^1], right[smallest]);
            }

            Rest(left, right, r, c);
        }

        return ([.. left], [.. right]);
    }

    private static double Factor(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double n = Counts.Sum(reference), m = Counts.Sum(current);
        return n + m > 0 ? double.Min(n, m) / (n + m) : 0;
    }

    private static void Rest(List<long> left, List<long> right, long r, long c)
    {
        if (r + c == 0)
            return;
        if (left.Count == 0)
        {
            left.Add(r);
            right.Add(c);
            return;
        }

        left[^1] += r;
        right[^1] += c;
    }
}
