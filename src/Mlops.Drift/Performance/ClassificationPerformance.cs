namespace Mlops.Drift;

/// <summary>
/// What the scores of a classifier of two classes were worth, once it is known what happened. What is undefined is null: recall without a positive, for example.
/// </summary>
public sealed record ClassificationPerformance
{
    private const int CalibrationBins = 10;
    private const double Clip = 1e-15;

    /// <summary>Pairs of a score and what happened; those that are not finite are left out.</summary>
    public required long Rows { get; init; }

    /// <summary>Pairs in which it happened (actual at least 0.5).</summary>
    public required long Positives { get; init; }

    /// <summary>A score at or above it says that it will happen.</summary>
    public required double Threshold { get; init; }

    /// <summary>Announced, and happened.</summary>
    public required long TruePositives { get; init; }

    /// <summary>Announced, and did not happen.</summary>
    public required long FalsePositives { get; init; }

    /// <summary>Share of pairs in which the announcement was right.</summary>
    public double? Accuracy => Ratio(TruePositives + Rows - Positives - FalsePositives, Rows);

    /// <summary>Share of the announced that happened: the positive predictive value.</summary>
    public double? Precision => Ratio(TruePositives, TruePositives + FalsePositives);

    /// <summary>Share of what happened that was announced: the true positive rate.</summary>
    public double? Recall => Ratio(TruePositives, Positives);

    /// <summary>Share of what did not happen that was announced.</summary>
    public double? FalsePositiveRate => Ratio(FalsePositives, Rows - Positives);

    /// <summary>Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).</summary>
    public double? F1 => Ratio(2 * TruePositives, TruePositives + FalsePositives + Positives);

    /// <summary>Probability that a positive has a higher score than a negative, ties by half (Hanley and McNeil 1982); null without both.</summary>
    public required double? RocAuc { get; init; }

    /// <summary>Average precision, the sum over thresholds of the gain in recall times the precision there: the area under the precision-recall steps; null without a positive.</summary>
    public required double? AveragePrecision { get; init; }

    /// <summary>Mean of -ln of the probability given to what happened, kept within 1e-15 of 0 and 1; null where a score is no probability.</summary>
    public required double? LogLoss { get; init; }

    /// <summary>Mean squared difference of score and outcome (Brier 1950); null where a score is no probability.</summary>
    public required double? Brier { get; init; }

    /// <summary>
    /// Expected calibration error: |mean score - share of positives| over ten bins of equally many scores, weighted by their rows (Naeini et al. 2015). Too large
    /// in small samples, about 0.4 sqrt(10 p (1 - p) / rows) and more for scores that are right. Null where a score is no probability.
    /// </summary>
    public required double? CalibrationError { get; init; }

    /// <summary>Measures pairs of equal index. O(n log n).</summary>
    /// <param name="scores">Larger means more likely; probabilities where log-loss, Brier score and calibration are to be known.</param>
    /// <param name="actuals">1 or 0; from 0.5 on it happened.</param>
    /// <param name="threshold">Default 0.5.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the threshold is no number.</exception>
    public static ClassificationPerformance Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> actuals, double threshold = 0.5)
    {
        if (scores.Length != actuals.Length)
            throw new ArgumentException($"{scores.Length} scores and {actuals.Length} outcomes do not pair.", nameof(actuals));
        if (double.IsNaN(threshold))
            throw new ArgumentException("A threshold that is a number is needed.", nameof(threshold));
        double[] sorted = new double[scores.Length];
        double[] happened = new double[scores.Length];
        int count = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (double.IsFinite(scores[i]) && double.IsFinite(actuals[i]))
                (sorted[count], happened[count++]) = (scores[i] + 0.0, actuals[i] >= 0.5 ? 1 : 0);
        }

        Array.Resize(ref sorted, count);
        Array.Resize(ref happened, count);
        Array.Sort(sorted, happened);
        long positives = 0, truePositives = 0, announced = 0;
        for (int i = 0; i < count; i++)
        {
            positives += (long)happened[i];
            if (sorted[i] < threshold)
                continue;
            announced++;
            truePositives += (long)happened[i];
        }

        bool probabilities = count > 0 && sorted[0] >= 0 && sorted[^1] <= 1;
        return new ClassificationPerformance
        {
            Rows = count,
            Positives = positives,
            Threshold = threshold,
            TruePositives = truePositives,
            FalsePositives = announced - truePositives,
            RocAuc = RocArea.Of(sorted, happened),
            AveragePrecision = positives > 0 ? PrecisionArea(sorted, happened) / positives : null,
            LogLoss = probabilities ? Mean(sorted, happened, static (p, hit) => -Math.Log(Math.Clamp(hit > 0 ? p : 1 - p, Clip, 1 - Clip))) : null,
            Brier = probabilities ? Mean(sorted, happened, static (p, hit) => (hit - p) * (hit - p)) : null,
            CalibrationError = probabilities ? Calibration(sorted, happened) : null,
        };
    }

    /// <summary>The sum over positives of the precision at their score, from the highest score down; equal scores are one threshold.</summary>
    private static double PrecisionArea(double[] sorted, double[] happened)
    {
        double hits = 0, sum = 0;
        for (int end = sorted.Length; end > 0;)
        {
            double score = sorted[end - 1], groupHits = 0;
            for (; end > 0 && sorted[end - 1] == score; end--)
                groupHits += happened[end - 1];
            hits += groupHits;
            sum += groupHits * (hits / (sorted.Length - end));
        }

        return sum;
    }

    private static double Calibration(double[] sorted, double[] happened)
    {
        double sum = 0;
        for (int bin = 0, start = 0; bin < CalibrationBins; bin++)
        {
            // Equal scores stay together, so a bin may be larger than a tenth, and a later one empty.
            int end = Math.Max(start, (int)((long)sorted.Length * (bin + 1) / CalibrationBins));
            while (end > start && end < sorted.Length && sorted[end] == sorted[end - 1])
                end++;
            double gap = 0;
            for (int i = start; i < end; i++)
                gap += sorted[i] - happened[i];

            sum += Math.Abs(gap);
            start = end;
        }

        return sum / sorted.Length;
    }

    private static double Mean(double[] scores, double[] happened, Func<double, double, double> loss)
    {
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
            sum += loss(scores[i], happened[i]);
        return sum / scores.Length;
    }

    private static double? Ratio(long part, long whole) => whole > 0 ? (double)part / whole : null;
}
