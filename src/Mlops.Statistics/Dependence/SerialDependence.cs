namespace Mlops.Statistics;

/// <summary>
/// Measures how far consecutive values depend on each other, and what that does to tests that assume independence. Daily
/// data with a weekly rhythm or a random walk's inertia carries less, sometimes far less, information than its row count.
/// </summary>
/// <remarks>
/// <para>
/// The lag test is Ljung and Box's (1978) on normal scores of the ranks, so heavy tails do not upset it. The variance
/// inflation is that of the mean of indicators 1{x &lt;= q} at the deciles, each from the spectral density at frequency 0 of an
/// autoregression chosen by AIC (Yule-Walker, Levinson-Durbin): a rhythm whose effects cancel over its period inflates
/// nothing, positive inertia inflates by (1 + r) / (1 - r). The mean over the deciles is reported, never below 1.
/// </para>
/// <para>
/// Use: divide row counts by <see cref="Inflation"/> in <see cref="KolmogorovSmirnov.EffectivePValue"/>, or pass it to the
/// tests that take an inflation (first-order correction of Rao and Scott 1981).
/// </para>
/// </remarks>
public sealed record SerialDependence
{
    private const int MinimumCount = 16;

    private SerialDependence()
    {
    }

    /// <summary>Values measured, NaN excluded.</summary>
    public int Count { get; private init; }

    /// <summary>Lags in the lag test.</summary>
    public int Lags { get; private init; }

    /// <summary>Ljung-Box statistic; null for fewer than 16 values or a constant series.</summary>
    public double? Statistic { get; private init; }

    /// <summary>P-value of no dependence at any of the lags.</summary>
    public double? PValue { get; private init; }

    /// <summary>Factor by which dependence raises the variance of a mean; at least 1, and 1 where it cannot be measured.</summary>
    public double Inflation { get; private init; } = 1;

    /// <summary>Independent values that would carry as much information: count / inflation.</summary>
    public double EffectiveCount => Count / Inflation;

    /// <summary>True when the lag test rejects independence, so that tests should be corrected.</summary>
    /// <param name="alpha">Level of the lag test; 0.01 keeps independent data uncorrected 99 % of the time.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not strictly between 0 and 1.</exception>
    public bool IsDependent(double alpha = 0.01)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        return PValue <= alpha;
    }

    /// <summary>Measures a series in its time order.</summary>
    /// <param name="series">Equally spaced values; NaN are skipped.</param>
    /// <param name="lags">Lags to test; by default 10 log10(n), at least one week and at most n / 4.</param>
    public static SerialDependence Measure(ReadOnlySpan<double> series, int? lags = null)
    {
        if (lags is < 1)
            throw new ArgumentOutOfRangeException(nameof(lags), lags, "At least one lag is needed.");
        double[] values = new double[series.Length];
        int count = 0;
        foreach (double x in series)
        {
            if (!double.IsNaN(x))
                values[count++] = x;
        }

        Array.Resize(ref values, count);
        int chosen = int.Min(lags ?? int.Max(7, (int)(10 * Math.Log10(int.Max(1, count)))), count / 4);
        SerialDependence nothing = new() { Count = count, Lags = int.Max(0, chosen) };
        if (count < MinimumCount || chosen < 1)
            return nothing;
        double[] ranks = MidRanks(values);
        double[] scores = Array.ConvertAll(ranks, rank => NormalDistribution.Quantile(rank / (count + 1.0)));
        double[]? correlation = Autocorrelation(scores, chosen);
        if (correlation is null)
            return nothing;
        double statistic = 0;
        for (int k = 1; k <= chosen; k++)
            statistic += correlation[k] * correlation[k] / (count - k);
        statistic *= (double)count * (count + 2);
        return nothing with
        {
            Statistic = statistic,
            PValue = ChiSquaredDistribution.Survival(statistic, chosen),
            Inflation = IndicatorInflation(ranks, chosen),
        };
    }

    /// <summary>Factor by which dependence raises the variance of the series' own mean, at least 1; the series is finite.</summary>
    internal static double MeanInflation(double[] values)
    {
        int order = int.Min((int)(10 * Math.Log10(values.Length)), values.Length / 4);
        return Autocorrelation(values, order) is double[] correlation ? double.Clamp(SpectrumAtZero(correlation, values.Length), 1, values.Length) : 1;
    }

    private static double IndicatorInflation(double[] ranks, int order)
    {
        double sum = 0;
        int used = 0;
        double[] indicator = new double[ranks.Length];
        for (int decile = 1; decile < 10; decile++)
        {
            double limit = (ranks.Length + 1) * decile / 10.0;
            for (int i = 0; i < indicator.Length; i++)
                indicator[i] = ranks[i] <= limit ? 1 : 0;
            if (Autocorrelation(indicator, order) is not double[] correlation)
                continue;
            sum += SpectrumAtZero(correlation, ranks.Length);
            used++;
        }

        return used == 0 ? 1 : double.Clamp(sum / used, 1, ranks.Length);
    }

    /// <summary>Sample autocorrelations at lags 0..<paramref name="lags"/>; null for a constant.</summary>
    private static double[]? Autocorrelation(double[] values, int lags)
    {
        double mean = 0;
        foreach (double x in values)
            mean += x;
        mean /= values.Length;
        double[] centered = Array.ConvertAll(values, x => x - mean);
        double[] correlation = new double[lags + 1];
        for (int k = 0; k <= lags; k++)
        {
            double sum = 0;
            for (int i = k; i < centered.Length; i++)
                sum += centered[i] * centered[i - k];
            correlation[k] = sum;
        }

        double variance = correlation[0];
        if (!(variance > 1e-12 * values.Length))
            return null;
        for (int k = 0; k <= lags; k++)
            correlation[k] /= variance;
        return correlation;
    }

    /// <summary>Spectral density at 0 over the variance, of the autoregression with the least AIC up to the given order.</summary>
    private static double SpectrumAtZero(double[] correlation, int n)
    {
        int largest = correlation.Length - 1;
        double[] phi = new double[largest + 1], previous = new double[largest + 1];
        double error = 1;
        double bestAic = 0, best = 1;
        for (int p = 1; p <= largest; p++)
        {
            double reflection = correlation[p];
            for (int j = 1; j < p; j++)
                reflection -= previous[j] * correlation[p - j];
            reflection /= error;
            phi[p] = reflection;
            for (int j = 1; j < p; j++)
                phi[j] = previous[j] - (reflection * previous[p - j]);
            error *= 1 - (reflection * reflection);
            if (!(error > 1e-12))
                break;
            Array.Copy(phi, previous, p + 1);
            double aic = (n * Math.Log(error)) + (2 * p);
            if (aic >= bestAic)
                continue;
            double sum = 0;
            for (int j = 1; j <= p; j++)
                sum += phi[j];
            bestAic = aic;

            // The innovation variance is estimated with p parameters spent.
            best = error * n / (n - p - 1.0) / ((1 - sum) * (1 - sum));
        }

        return best;
    }

    private static double[] MidRanks(double[] values)
    {
        int[] order = new int[values.Length];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        double[] keys = (double[])values.Clone();
        Array.Sort(keys, order);
        double[] ranks = new double[values.Length];
        for (int start = 0; start < keys.Length;)
        {
            int end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            for (int i = start; i < end; i++)
                ranks[order[i]] = (start + 1 + end) / 2.0;
            start = end;
        }

        return ranks;
    }
}
