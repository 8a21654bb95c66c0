namespace Mlops.Tuning.Tests;

/// <summary>
/// Ours against a reference, smaller being better. <em>Not worse</em>: the upper 95 % bound of the Hodges-Lehmann shift is at most a tenth
/// of what separates the reference's random search from its TPE. <em>Better</em>: one-sided Mann-Whitney, p below 0.05 after Holm.
/// </summary>
/// <param name="Shift">The median of all differences ours - theirs.</param>
/// <param name="UpperShift">Its one-sided 95 % bound by the order statistics of the differences (Hollander and Wolfe, section 4.3).</param>
/// <param name="BetterP">The one-sided p-value of ours being smaller, normal approximation with ties and continuity.</param>
/// <param name="WorseP">The same of ours being larger.</param>
/// <param name="Margin">The largest bound that counts as not worse.</param>
internal sealed record QualityComparison(double Ours, double Theirs, double Shift, double UpperShift, double BetterP, double WorseP, double Margin)
{
    private const double Quantile95 = 1.6448536269514722;
    private const double Share = 0.1;

    // Differences of results that are equal up to the rounding of their last operations.
    private const double Rounding = 1e-12;

    public bool IsNotWorse => UpperShift <= Margin + (Rounding * Math.Max(1, Math.Abs(Theirs)));

    /// <param name="ours">Our results.</param>
    /// <param name="theirs">The reference's.</param>
    /// <param name="random">Random search's of the reference.</param>
    /// <param name="tpe">TPE's of the reference.</param>
    public static QualityComparison Of(double[] ours, double[] theirs, double[] random, double[] tpe)
    {
        double[] differences = [.. ours.SelectMany(x => theirs.Select(y => x - y)).Order()];
        double pairs = differences.Length;
        double spread = Math.Sqrt(pairs * (ours.Length + theirs.Length + 1) / 12);
        int below = Math.Max(0, (int)Math.Floor((pairs / 2) - (Quantile95 * spread)));
        return new QualityComparison(
            Median(ours), Median(theirs), Median(differences), differences[^(below + 1)], SmallerP(ours, theirs), SmallerP(theirs, ours),
            Share * Math.Max(0, Median(random) - Median(tpe)));
    }

    /// <summary>Holm's adjusted p-values, in the order given.</summary>
    public static double[] Holm(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        double[] adjusted = new double[values.Count];
        double largest = 0;
        for (int i = 0; i < order.Length; i++)
        {
            largest = Math.Max(largest, Math.Min(1, values[order[i]] * (order.Length - i)));
            adjusted[order[i]] = largest;
        }

        return adjusted;
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
    }

    private static double SmallerP(double[] ours, double[] theirs)
    {
        double n = ours.Length;
        double m = theirs.Length;
        double u = ours.Sum(x => theirs.Sum(y => x < y ? 1 : x == y ? 0.5 : 0));
        double ties = ours.Concat(theirs).GroupBy(static x => x).Sum(static group => Math.Pow(group.Count(), 3) - group.Count());
        double variance = n * m / 12 * (n + m + 1 - (ties / ((n + m) * (n + m - 1))));
        return variance == 0 ? 1 : 1 - NormalLaw.Cumulative((u - (n * m / 2) - 0.5) / Math.Sqrt(variance));
    }
}
