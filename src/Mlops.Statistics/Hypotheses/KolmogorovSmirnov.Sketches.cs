namespace Mlops.Statistics;

/// <content>Samples of which only sketches are left.</content>
public static partial class KolmogorovSmirnov
{
    /// <summary>
    /// Compares two samples by their sketches. The distance is known up to the buckets' contents, so the p-value is an
    /// interval, and the verdict says when that interval straddles <paramref name="alpha"/>. No probability of error is
    /// added: the bounds are certain.
    /// </summary>
    /// <param name="reference">Sketch of the reference; infinities are not part of it.</param>
    /// <param name="current">Sketch of equal precision.</param>
    /// <param name="alpha">The level to decide at, strictly between 0 and 1.</param>
    public static SketchTestResult Test(QuantileSketch reference, QuantileSketch current, double alpha = 0.05)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        SignificanceLevel.ThrowIfInvalid(alpha);
        if (QuantileSketch.DistanceBounds(reference, current) is not (Int128 lower, Int128 upper))
            return new(SketchVerdict.NotComputable, 0, 1, null, null);
        double product = (double)reference.Count * current.Count;
        double high = SketchPValue(reference.Count, current.Count, lower), low = SketchPValue(reference.Count, current.Count, upper);
        SketchVerdict verdict = high <= alpha ? SketchVerdict.Significant : low > alpha ? SketchVerdict.NotSignificant : SketchVerdict.Undecided;
        return new(verdict, (double)lower / product, (double)upper / product, low, high);
    }

    /// <summary>
    /// Compares two samples by their rank sketches. The distance is known up to their rank errors, uniformly and with probability
    /// 1 - <paramref name="delta"/>, so the p-value is an interval, and the verdict says when that interval straddles
    /// <paramref name="alpha"/> - <paramref name="delta"/>. A difference that is not there is found with probability at most
    /// <paramref name="alpha"/>, the sketches' coins included.
    /// </summary>
    /// <remarks>
    /// |D - D'| &lt;= e1 + e2 with D' the distance of the sketches and e the <see cref="KllSketch.RankError"/> of each at delta / 2.
    /// A sketch that still holds every value has no error. <see cref="RecommendedK"/> gives the k that makes most verdicts decisive.
    /// </remarks>
    /// <param name="reference">Sketch of the reference; infinities are not part of it.</param>
    /// <param name="current">Sketch of any k.</param>
    /// <param name="alpha">The level to decide at, strictly between 0 and 1.</param>
    /// <param name="delta">Probability that a rank error is exceeded, strictly between 0 and alpha; null is alpha / 10.</param>
    public static SketchTestResult Test(KllSketch reference, KllSketch current, double alpha = 0.05, double? delta = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        double spent = KllComparison.Delta(alpha, delta);
        if (reference.Count == 0 || current.Count == 0)
            return new(SketchVerdict.NotComputable, 0, 1, null, null);
        (Int128 lower, Int128 upper) = KllComparison.Bounds(reference, current, spent);
        Int128 product = (Int128)reference.Count * current.Count;
        double high = SketchPValue(reference.Count, current.Count, lower), low = SketchPValue(reference.Count, current.Count, upper);
        double level = alpha - spent;
        SketchVerdict verdict = high <= level ? SketchVerdict.Significant : low > level ? SketchVerdict.NotSignificant : SketchVerdict.Undecided;
        return new(verdict, (double)lower / (double)product, (double)upper / (double)product, low, high);
    }

    /// <summary>
    /// The k of two <see cref="KllSketch"/> whose rank errors together are at most a fifth of the critical distance, so that fewer
    /// than a fifth of the comparisons without a difference stay undecided.
    /// </summary>
    /// <remarks>
    /// Holds for sketches filled in one pass by the counts given, and checked down to half of them; k grows with the root of the counts. The compactions
    /// are replayed by counting, in time proportional to the counts over 2 048.
    /// </remarks>
    /// <param name="referenceCount">Values of the reference, the most to expect.</param>
    /// <param name="currentCount">Values of the window, the most to expect.</param>
    /// <param name="alpha">The level to decide at, strictly between 0 and 1.</param>
    /// <param name="delta">As for <see cref="Test(KllSketch, KllSketch, double, double?)"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is below 1, or no possible k is fine enough.</exception>
    public static int RecommendedK(long referenceCount, long currentCount, double alpha = 0.05, double? delta = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(referenceCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(currentCount, 1);
        return KllComparison.SmallestK(referenceCount, currentCount, alpha, KllComparison.Delta(alpha, delta))
            ?? throw new ArgumentOutOfRangeException(
                nameof(referenceCount), referenceCount, $"No sketch is fine enough for {referenceCount} against {currentCount} values; compare fewer, or use a QuantileSketch.");
    }

    /// <summary>The p-value of untied data, exact where affordable.</summary>
    private static double SketchPValue(long n, long m, Int128 h)
    {
        if (n <= int.MaxValue / 4 && m <= int.MaxValue / 4
            && KolmogorovLattice.LogSurvival((int)n, (int)m, (long)h, [], KolmogorovSmirnovOptions.Default.MaximumCells) is double exact)
            return Math.Exp(exact);
        double product = (double)n * m;
        double effective = double.Min(int.MaxValue, Math.Round(product / ((double)n + m), MidpointRounding.ToEven));
        return Math.Exp(KolmogorovDistribution.LogSurvival(int.Max(1, (int)effective), (double)h / product));
    }
}
