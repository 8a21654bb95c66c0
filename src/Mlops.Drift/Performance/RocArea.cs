namespace Mlops.Drift;

/// <summary>The area under the receiver operating characteristic: the share of pairs of a positive and a negative that the scores order rightly, ties by half.</summary>
internal static class RocArea
{
    /// <summary>The area; null where all weigh the same way.</summary>
    /// <param name="scores">Ascending.</param>
    /// <param name="positive">How far each score is a positive one: 1 and 0, or a probability.</param>
    public static double? Of(ReadOnlySpan<double> scores, ReadOnlySpan<double> positive)
    {
        double above = 0, positives = 0, negatives = 0;
        for (int end = scores.Length; end > 0;)
        {
            double score = scores[end - 1], hits = 0, misses = 0;
            for (; end > 0 && scores[end - 1] == score; end--)
            {
                hits += positive[end - 1];
                misses += 1 - positive[end - 1];
            }

            above += misses * (positives + (0.5 * hits));
            positives += hits;
            negatives += misses;
        }

        return positives > 0 && negatives > 0 ? above / positives / negatives : null;
    }
}
