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
            RocArea.Of(window, labels));
    }
}
