namespace Mlops.Drift;

/// <summary>Metrics of labels that may be weights: 1 and 0 where they were drawn, probabilities for what is expected.</summary>
internal readonly record struct DrawnMetrics(double? Recall, double? F1, double? RocAuc)
{
    /// <param name="window">Scores, ascending.</param>
    /// <param name="labels">One for each.</param>
    /// <param name="announced">How many of the highest scores announce that it will happen.</param>
    public static DrawnMetrics Of(double[] window, double[] labels, int announced)
    {
        double positives = 0, truePositives = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            positives += labels[i];
            truePositives += i >= labels.Length - announced ? labels[i] : 0;
        }

        return new DrawnMetrics(
            positives > 0 ? truePositives / positives : null,
            positives + announced > 0 ? 2 * truePositives / (positives + announced) : null,
            Area(window, labels));
    }

    /// <summary>The area under the curve; null where all weigh the same way.</summary>
    private static double? Area(double[] window, double[] labels)
    {
        double above = 0, positives = 0, negatives = 0;
        for (int end = window.Length; end > 0;)
        {
            double score = window[end - 1], hits = 0, misses = 0;
            for (; end > 0 && window[end - 1] == score; end--)
            {
                hits += labels[end - 1];
                misses += 1 - labels[end - 1];
            }

            above += misses * (positives + (0.5 * hits));
            positives += hits;
            negatives += misses;
        }

        return positives > 0 && negatives > 0 ? above / positives / negatives : null;
    }
}
