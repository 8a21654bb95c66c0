using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// The classifier two-sample test (Lopez-Paz and Oquab 2017) with ranks instead of classes: half of either sample teaches a linear classifier, the other half is
/// ranked by it. The held-out rows are new to it, so the Mann-Whitney p-value, one-sided, is valid whatever it learned.
/// </summary>
internal static class LinearClassifierTest
{
    private const int FewestRows = 4;
    private const int Passes = 20;

    /// <summary>Changes rows by what the taught ones (the first so many) say.</summary>
    public delegate void Preparation(FeatureRow[] rows, int taught);

    /// <summary>Statistic and effect are the area under the curve on the held-out rows. The rows are changed.</summary>
    public static TwoSampleResult Test(FeatureRow[] reference, FeatureRow[] current, long seed, Preparation prepare)
    {
        int n = reference.Length, m = current.Length;
        if (n == 0 || m == 0)
            return NotComputable(NotComputableReason.EmptySample, n, m);
        if (Math.Min(n, m) < FewestRows)
            return NotComputable(NotComputableReason.TooFewValues, n, m);
        int[] first = Shuffled(n, seed), second = Shuffled(m, ~seed);
        int ofReference = n / 2, taught = ofReference + (m / 2);
        FeatureRow[] rows =
        [
            .. first[..ofReference].Select(i => reference[i]), .. second[..(m / 2)].Select(i => current[i]),
            .. first[ofReference..].Select(i => reference[i]), .. second[(m / 2)..].Select(i => current[i]),
        ];
        prepare(rows, taught);
        double[] weights = new double[1 + rows.Max(static row => row.Columns.Length == 0 ? 0 : row.Columns.Max())];
        Fit(weights, rows.AsSpan(0, taught), ofReference, seed);
        double[] scores = Array.ConvertAll(rows[taught..], row => row.Dot(weights));
        TwoSampleResult ranks = MannWhitney.Test(scores.AsSpan(0, n - ofReference), scores.AsSpan(n - ofReference));
        double area = ranks.Effect!.Value.Value, half = 0.5 * ranks.PValue!.Value;
        return ranks with { Statistic = area, PValue = area >= 0.5 ? half : 1 - half, LogPValue = null, ReferenceCount = n, CurrentCount = m };
    }

    /// <summary>
    /// Ridge regression on the centred labels by dual coordinate ascent (Shalev-Shwartz and Zhang 2013), which needs no step size. Each row's length is about 1, so a penalty
    /// of 1 / rows leans on directions that few rows share.
    /// </summary>
    private static void Fit(double[] weights, ReadOnlySpan<FeatureRow> rows, int ofReference, long seed)
    {
        double[] dual = new double[rows.Length];
        double share = (double)(rows.Length - ofReference) / rows.Length;
        for (int pass = 0; pass < Passes; pass++)
        {
            foreach (int i in Shuffled(rows.Length, unchecked(seed + pass)))
            {
                double label = (i < ofReference ? 0 : 1) - share;
                double step = (label - rows[i].Dot(weights) - dual[i]) / (1 + rows[i].SquaredLength);
                dual[i] += step;
                rows[i].AddTo(weights, step);
            }
        }
    }

    private static int[] Shuffled(int count, long seed)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        new DrawnNumbers(seed).Shuffle(order);
        return order;
    }

    private static TwoSampleResult NotComputable(NotComputableReason reason, int n, int m) =>
        new() { Reason = reason, ReferenceCount = n, CurrentCount = m };
}
