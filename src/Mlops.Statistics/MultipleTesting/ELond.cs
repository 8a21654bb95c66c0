namespace Mlops.Statistics;

/// <summary>
/// e-LOND (Xu and Ramdas 2024): decides one e-value after another and keeps the false discovery rate at
/// <see cref="Alpha"/> at every moment, under any dependence between the tests. Test t is a discovery when its e-value is at
/// least 1 / (alpha gamma_t (D + 1)), D being the discoveries before it and gamma_t = 1 / (t (t + 1)).
/// Not thread-safe.
/// </summary>
public sealed class ELond
{
    /// <summary>Starts before the first test.</summary>
    /// <param name="alpha">The false discovery rate to hold, strictly between 0 and 1.</param>
    public ELond(double alpha = 0.05)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        Alpha = alpha;
    }

    /// <summary>The false discovery rate held.</summary>
    public double Alpha { get; }

    /// <summary>Tests decided so far.</summary>
    public long Tests { get; private set; }

    /// <summary>Discoveries so far.</summary>
    public long Discoveries { get; private set; }

    /// <summary>The level of the next test; its e-value must reach the reciprocal.</summary>
    public double NextLevel
    {
        get
        {
            double t = Tests + 1.0;
            return Alpha / (t * (t + 1)) * (Discoveries + 1);
        }
    }

    /// <summary>Continues a stored procedure.</summary>
    public static ELond Resume(double alpha, long tests, long discoveries)
    {
        if (discoveries < 0 || tests < discoveries)
            throw new ArgumentOutOfRangeException(nameof(discoveries), discoveries, $"Discoveries must lie between 0 and the {tests} tests.");
        return new ELond(alpha) { Tests = tests, Discoveries = discoveries };
    }

    /// <summary>Decides the next test; true for a discovery.</summary>
    /// <param name="eValue">A non-negative number whose expectation under the null is at most 1; infinity is allowed.</param>
    public bool Decide(double eValue)
    {
        if (!(eValue >= 0))
            throw new ArgumentOutOfRangeException(nameof(eValue), eValue, "An e-value must not be negative or NaN.");
        bool discovery = eValue >= 1 / NextLevel;
        Tests++;
        Discoveries += discovery ? 1 : 0;
        return discovery;
    }

    /// <summary>
    /// Turns a p-value into an e-value: 1 / (2 sqrt(p)), the calibrator kappa p^(kappa - 1) at kappa = 1/2
    /// (Vovk and Wang 2021). Infinite at 0.
    /// </summary>
    public static double FromPValue(double pValue)
    {
        if (!(pValue >= 0 && pValue <= 1))
            throw new ArgumentOutOfRangeException(nameof(pValue), pValue, "A p-value from 0 to 1 is needed.");
        return 0.5 / Math.Sqrt(pValue);
    }

    /// <summary>The same from a logarithm, which does not underflow.</summary>
    public static double FromLogPValue(double logPValue)
    {
        if (double.IsNaN(logPValue))
            throw new ArgumentOutOfRangeException(nameof(logPValue), logPValue, "A logarithm of a probability is needed; leave out a test without a p-value.");
        return 0.5 * Math.Exp(-0.5 * double.Min(0, logPValue));
    }
}
