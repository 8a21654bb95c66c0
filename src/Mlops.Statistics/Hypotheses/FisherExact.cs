namespace Mlops.Statistics;

/// <summary>The direction of an alternative, seen from the current sample.</summary>
public enum Alternative
{
    /// <summary>Different in either direction.</summary>
    TwoSided,

    /// <summary>The current share is smaller than the reference's.</summary>
    Less,

    /// <summary>The current share is greater than the reference's.</summary>
    Greater,
}

/// <summary>
/// Fisher's exact test that two shares are equal, conditional on both margins. Exact at any count; conservative, because a
/// discrete p-value rarely meets its level. The mid-p form counts the observed table by half, is close to its level on
/// average and exceeds it slightly in places.
/// </summary>
/// <remarks>
/// The two-sided p-value sums all tables that are no likelier than the observed one (relative slack 1e-7 for rounding, as R).
/// The effect is the sample odds ratio of the current over the reference sample, null when it is undefined or infinite.
/// </remarks>
public static class FisherExact
{
    private const double Slack = 1e-7;

    /// <summary>Compares <paramref name="referenceHits"/> of <paramref name="referenceCount"/> with <paramref name="currentHits"/> of <paramref name="currentCount"/>.</summary>
    public static TwoSampleResult Test(
        long referenceHits, long referenceCount, long currentHits, long currentCount, Alternative alternative = Alternative.TwoSided, bool midP = false)
    {
        Check(referenceHits, referenceCount, nameof(referenceHits));
        Check(currentHits, currentCount, nameof(currentHits));
        if (referenceCount == 0 || currentCount == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, referenceCount, currentCount);
        double white = (double)referenceHits + currentHits, black = (double)referenceCount + currentCount - white;
        double missed = (double)referenceHits * (currentCount - currentHits);
        double odds = currentHits * ((double)referenceCount - referenceHits) / missed;
        TwoSampleResult result = new()
        {
            Statistic = missed > 0 ? odds : null,
            Effect = missed > 0 ? new EffectSize(odds) : null,
            ReferenceCount = referenceCount,
            CurrentCount = currentCount,
        };
        double low = double.Max(0, currentCount - black), high = double.Min(white, currentCount);
        double observed = LogMass(currentHits);
        double limit = observed + SaddlePoint.LogOnePlus(Slack);
        double sum = 0;
        for (double x = low; x <= high; x++)
        {
            double log = LogMass(x);
            bool counts = alternative switch
            {
                Alternative.Less => x <= currentHits,
                Alternative.Greater => x >= currentHits,
                _ => log <= limit,
            };
            if (!counts)
                continue;

            // Scaled by the observed mass, which keeps tiny p-values; likelier tables occur one-sided only.
            double tied = midP && Math.Abs(log - observed) <= Slack && (alternative == Alternative.TwoSided || x == currentHits) ? 0.5 : 1;
            sum += tied * Math.Exp(log - observed);
        }

        return result.WithLogP(observed + Math.Log(sum), PValueKind.Exact);

        double LogMass(double x) => SaddlePoint.LogHypergeometric(x, white, black, currentCount);
    }

    private static void Check(long hits, long count, string name)
    {
        if (hits < 0 || hits > count)
            throw new ArgumentOutOfRangeException(name, hits, $"Hits must lie between 0 and the count {count}.");
    }
}
