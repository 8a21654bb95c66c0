using System.Runtime.Intrinsics;

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
public sealed class SerialDependence
{
    private const int MinimumCount = 16;

    private readonly Lazy<double>? _inflation;

    private SerialDependence(int count, int lags, double? statistic = null, Func<double>? inflation = null)
    {
        Count = count;
        Lags = lags;
        if (statistic is not { } value)
            return;
        Statistic = value;
        PValue = ChiSquaredDistribution.Survival(value, lags);
        _inflation = inflation is null ? null : new(inflation);
    }

    /// <summary>Values measured, NaN excluded.</summary>
    public int Count { get; }

    /// <summary>Lags in the lag test.</summary>
    public int Lags { get; }

    /// <summary>Ljung-Box statistic; null for fewer than 16 values or a constant series.</summary>
    public double? Statistic { get; }

    /// <summary>P-value of no dependence at any of the lags.</summary>
    public double? PValue { get; }

    /// <summary>Factor by which dependence raises the variance of a mean; at least 1, and 1 where it cannot be measured. Computed when first asked for.</summary>
    public double Inflation => _inflation?.Value ?? 1;

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
            values[count] = x + 0.0;
            count += double.IsNaN(x) ? 0 : 1;
        }

        Array.Resize(ref values, count);
        int chosen = int.Min(lags ?? int.Max(7, (int)(10 * Math.Log10(int.Max(1, count)))), count / 4);
        if (count < MinimumCount || chosen < 1)
            return new(count, int.Max(0, chosen));
        (double[] distinct, double[] rankOf) = Ranked(values);

        // Of two values the scores are the indicator but for scale, and so is each decile's that is not constant.
        if (distinct.Length <= 2)
            return OfIndicator(values, distinct[^1], chosen);
        double[] scoreOf = Array.ConvertAll(rankOf, rank => NormalDistribution.Quantile(rank / (count + 1.0)));
        double[] ranks = new double[count], scores = new double[count];
        for (int i = 0; i < count; i++)
        {
            int at = Array.BinarySearch(distinct, values[i]);
            (ranks[i], scores[i]) = (rankOf[at], scoreOf[at]);
        }

        return Autocorrelation(scores, chosen) is double[] correlation
            ? new(count, chosen, LjungBox(correlation, count), () => DecileInflation(ranks, chosen))
            : new(count, chosen);
    }

    private static SerialDependence OfIndicator(double[] values, double one, int lags)
    {
        int n = values.Length;
        IndicatorSeries indicator = new(n);
        for (int i = 0; i < n; i++)
            indicator[i] = values[i] == one;
        return indicator.Autocorrelation(lags) is double[] correlation
            ? new(n, lags, LjungBox(correlation, n), () => double.Clamp(SpectrumAtZero(correlation, n), 1, n))
            : new(n, lags);
    }

    private static double LjungBox(double[] correlation, int n)
    {
        double sum = 0;
        for (int k = 1; k < correlation.Length; k++)
            sum += correlation[k] * correlation[k] / (n - k);
        return sum * n * (n + 2.0);
    }

    /// <summary>Factor by which dependence raises the variance of the series' own mean, at least 1; the series is finite.</summary>
    internal static double MeanInflation(double[] values)
    {
        int order = int.Min((int)(10 * Math.Log10(values.Length)), values.Length / 4);
        return Autocorrelation(values, order) is double[] correlation ? double.Clamp(SpectrumAtZero(correlation, values.Length), 1, values.Length) : 1;
    }

    private static double DecileInflation(double[] ranks, int order)
    {
        double sum = 0;
        int used = 0;
        IndicatorSeries indicator = new(ranks.Length);
        for (int decile = 1; decile < 10; decile++)
        {
            double limit = (ranks.Length + 1) * decile / 10.0;
            for (int i = 0; i < ranks.Length; i++)
                indicator[i] = ranks[i] <= limit;
            if (indicator.Autocorrelation(order) is not double[] correlation)
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
            correlation[k] = ProductSum(centered.AsSpan(k), centered.AsSpan(0, centered.Length - k));
        double variance = correlation[0];
        if (!(variance > 1e-12 * values.Length))
            return null;
        for (int k = 0; k <= lags; k++)
            correlation[k] /= variance;
        return correlation;
    }

    /// <summary>Eight accumulators in a fixed order: the same bits at every vector width.</summary>
    private static double ProductSum(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector256<double> even = Vector256<double>.Zero, odd = Vector256<double>.Zero;
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            even += Vector256.Create(x[i..]) * Vector256.Create(y[i..]);
            odd += Vector256.Create(x[(i + 4)..]) * Vector256.Create(y[(i + 4)..]);
        }

        even += odd;
        double sum = even[0] + even[1] + (even[2] + even[3]);
        for (; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
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

    /// <summary>The distinct values, ascending, and the mean rank of each.</summary>
    private static (double[] Distinct, double[] Ranks) Ranked(double[] values)
    {
        double[] sorted = SampleSort.Sorted(values);
        List<double> distinct = new(sorted.Length), ranks = new(sorted.Length);
        for (int start = 0; start < sorted.Length;)
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
                end++;
            distinct.Add(sorted[start]);
            ranks.Add((start + 1 + end) / 2.0);
            start = end;
        }

        return ([.. distinct], [.. ranks]);
    }
}
