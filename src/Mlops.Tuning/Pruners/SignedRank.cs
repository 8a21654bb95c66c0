namespace Mlops.Tuning;

/// <summary>
/// The signed-rank test of Wilcoxon (1945): the probability that differences without a shift are as far above 0 as the given ones. Zeros
/// give half of their rank to either side (<c>zsplit</c>). Exact for up to 50 differences that are all distinct in size and none 0, else by the normal
/// approximation with its correction for ties and none for continuity, as scipy does.
/// </summary>
internal static class SignedRank
{
    private const int LargestExact = 50;

    public static double LargerP(double[] differences)
    {
        int n = differences.Length;
        double[] sizes = Array.ConvertAll(differences, Math.Abs);
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => sizes[i])];
        double above = 0;
        double ties = 0;
        for (int begin = 0, end; begin < n; begin = end)
        {
            for (end = begin + 1; end < n && sizes[order[end]] == sizes[order[begin]]; end++)
            {
            }

            double count = end - begin;
            double rank = (begin + 1 + end) / 2.0;
            ties += count * ((count * count) - 1);
            above += rank * order[begin..end].Sum(i => differences[i] > 0 ? 1 : differences[i] == 0 ? 0.5 : 0);
        }

        if (n <= LargestExact && ties == 0 && !differences.Contains(0))
        {
            return ExactUpper(n, (int)above);
        }

        double mean = n * (n + 1.0) / 4;
        double variance = ((n * (n + 1.0) * ((2.0 * n) + 1)) - (ties / 2)) / 24;
        return NormalLaw.Cumulative((mean - above) / Math.Sqrt(variance));
    }

    /// <summary>The share of all 2^n choices of signs whose positive ranks sum to at least the statistic.</summary>
    private static double ExactUpper(int n, int statistic)
    {
        double[] counts = new double[(n * (n + 1) / 2) + 1];
        counts[0] = 1;
        for (int rank = 1; rank <= n; rank++)
        {
            for (int sum = counts.Length - 1; sum >= rank; sum--)
            {
                counts[sum] += counts[sum - rank];
            }
        }

        return counts[statistic..].Sum() / Math.Pow(2, n);
    }
}
