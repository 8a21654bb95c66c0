namespace Quickstart;

/// <summary>Variance of a mean of dependent days: neighbouring days' errors resemble each other, and n of them are worth fewer than n.</summary>
public static class LongRunVariance
{
    /// <summary>
    /// Newey and West (1987) with Bartlett weights and floor(4 (n/100)^(2/9)) lags, but at least the plain variance, times n / (n - 1).
    /// The floor keeps a few alternating days from passing for certainty.
    /// </summary>
    /// <param name="values">In time order, at least two.</param>
    public static double Of(ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, 2, nameof(values));
        int n = values.Length;
        int lags = (int)Math.Floor(4 * Math.Pow(n / 100.0, 2.0 / 9));
        double mean = 0;
        foreach (double value in values)
            mean += value / n;

        double plain = Autocovariance(values, mean, 0);
        double variance = plain;
        for (int lag = 1; lag <= Math.Min(lags, n - 1); lag++)
            variance += 2 * (1 - (lag / (lags + 1.0))) * Autocovariance(values, mean, lag);
        return Math.Max(plain, variance) * n / (n - 1);
    }

    private static double Autocovariance(ReadOnlySpan<double> values, double mean, int lag)
    {
        double sum = 0;
        for (int i = lag; i < values.Length; i++)
            sum += (values[i] - mean) * (values[i - lag] - mean);
        return sum / values.Length;
    }
}
