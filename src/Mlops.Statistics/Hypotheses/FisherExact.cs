namespace Mlops.Statistics;

/// <summary>
/// Fisher's exact test that two shares are equal, conditional on both margins. Exact at any count; conservative, because a
/// discrete p-value rarely meets its level. The mid-p form counts the observed table by half, is close to its level on
/// average and exceeds it slightly in places.
/// </summary>
/// <remarks>
/// The two-sided p-value sums all tables that are no likelier than the observed one (relative slack 1e-7 for rounding, as R).
/// The effect is the sample odds ratio of the current over the reference sample, null when it is undefined or infinite, with the 95 % interval of its
/// logarithm (Woolf 1955, a half added to every count: Gart 1966).
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
            Effect = missed > 0 ? OddsRatio(odds, referenceHits, referenceCount - referenceHits, currentHits, currentCount - currentHits) : null,
            ReferenceCount = referenceCount,
            CurrentCount = currentCount,
        };
        Tables tables = new(white, black, currentCount, currentHits);
        double half = midP ? 0.5 : 0;
        return alternative switch
        {
            Alternative.Less => result.WithLogP(tables.LogOneSided(-1, half), PValueKind.Exact),
            Alternative.Greater => result.WithLogP(tables.LogOneSided(+1, half), PValueKind.Exact),
            _ => result.WithLogP(tables.LogTwoSided(half), PValueKind.Exact),
        };
    }

    private static EffectSize OddsRatio(double odds, double hit, double missed, double currentHit, double currentMissed)
    {
        (double a, double b, double c, double d) = (hit + 0.5, missed + 0.5, currentHit + 0.5, currentMissed + 0.5);
        double error = Math.Sqrt((1 / a) + (1 / b) + (1 / c) + (1 / d)), log = Math.Log(c / d * (b / a));
        double lower = Math.Exp(log - (NormalDistribution.TwoSided95 * error)), upper = Math.Exp(log + (NormalDistribution.TwoSided95 * error));

        // Without a single hit the ratio is 0, which no logarithm reaches.
        return new EffectSize(odds, double.Min(lower, odds), double.Max(upper, odds));
    }

    private static void Check(long hits, long count, string name)
    {
        if (hits < 0 || hits > count)
            throw new ArgumentOutOfRangeException(name, hits, $"Hits must lie between 0 and the count {count}.");
    }

    /// <summary>The tables of the same margins, by the current sample's hits x, and their masses relative to the observed one's, which keeps tiny p-values.</summary>
    private readonly struct Tables(double white, double black, double draws, double hits)
    {
        // Beyond the first table of a tail masses fall ever faster; what comes after is below rounding.
        private const double Negligible = 1e-17;

        private double Low => double.Max(0, draws - black);

        private double High => double.Min(white, draws);

        private double Mode => double.Clamp(Math.Floor((draws + 1) * (white + 1) / (white + black + 2)), Low, High);

        private double Observed => LogMass(hits);

        /// <summary>log P of tables at or beyond the observed one in a direction, less a share of the observed one itself.</summary>
        public double LogOneSided(int step, double ownShare)
        {
            bool shortTail = step > 0 ? hits >= Mode : hits <= Mode;
            return shortTail
                ? double.Min(0, Observed + Math.Log(Tail(hits, step) - ownShare))
                : SaddlePoint.LogOnePlus(-Math.Exp(Observed) * (Tail(hits - step, -step) + ownShare));
        }

        /// <summary>log P of tables no likelier than the observed one, less a share of those as likely.</summary>
        public double LogTwoSided(double tiedShare)
        {
            double left = Last(Low, Mode), right = -Last(-High, -Mode - 1);

            // The mode and the table before it can be equally likely.
            double tied = Tied(left) + Tied(left - 1) + Tied(right);
            double sum = Tail(left, -1) + Tail(right, +1) - (tiedShare * tied);
            return double.Min(0, Observed + Math.Log(sum));
        }

        /// <summary>The table nearest the mode that is no likelier than the observed one, from <paramref name="far"/> (mirrored where negative) to <paramref name="near"/>.</summary>
        private double Last(double far, double near)
        {
            double limit = Observed + SaddlePoint.LogOnePlus(Slack), last = far - 1;
            while (far <= near)
            {
                double middle = Math.Floor((far + near) / 2);
                if (LogMass(Math.Abs(middle)) <= limit)
                    (last, far) = (middle, middle + 1);
                else
                    near = middle - 1;
            }

            return last;
        }

        private double Tail(double from, int step)
        {
            if (from < Low || from > High)
                return 0;
            double mass = Math.Exp(LogMass(from) - Observed), sum = 0;
            for (double x = from; x >= Low && x <= High && mass > sum * Negligible; x += step)
            {
                sum += mass;
                double lower = step > 0 ? x : x - 1;
                double ratio = (white - lower) / (lower + 1) * ((draws - lower) / (black - draws + lower + 1));
                mass *= step > 0 ? ratio : 1 / ratio;
            }

            return sum;
        }

        private double Tied(double x)
        {
            if (x < Low || x > High)
                return 0;
            double log = LogMass(x) - Observed;
            return Math.Abs(log) <= Slack ? Math.Exp(log) : 0;
        }

        private double LogMass(double x) => SaddlePoint.LogHypergeometric(x, white, black, draws);
    }
}
