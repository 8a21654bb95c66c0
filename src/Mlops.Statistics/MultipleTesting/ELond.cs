namespace Mlops.Statistics;

/// <summary>
/// e-LOND (Xu and Ramdas 2024): decides one e-value after another and keeps the false discovery rate at
/// <see cref="Alpha"/> at every moment, under any dependence between the tests. Test t is a discovery when its e-value is at
/// least 1 / (alpha gamma_t (D + 1)), D being the discoveries before it and gamma_t = 1 / (t (t + 1)).
/// Not thread-safe.
/// </summary>
public sealed class ELond : ISavedState
{
    private long _tests;
    private long _discoveries;

    /// <summary>Starts before the first test.</summary>
    /// <param name="alpha">The false discovery rate to hold, strictly between 0 and 1.</param>
    public ELond(double alpha = 0.05)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        Alpha = alpha;
    }

    static byte ISavedState.Kind => 38;

    /// <summary>The false discovery rate held.</summary>
    public double Alpha { get; }

    /// <summary>Tests decided so far.</summary>
    public long Tests => _tests;

    /// <summary>Discoveries so far.</summary>
    public long Discoveries => _discoveries;

    /// <summary>The level of the next test; its e-value must reach the reciprocal.</summary>
    public double NextLevel
    {
        get
        {
            double t = Tests + 1.0;
            return Alpha / (t * (t + 1)) * (Discoveries + 1);
        }
    }

    /// <summary>Decides the next test; true for a discovery.</summary>
    /// <param name="eValue">A non-negative number whose expectation under the null is at most 1; infinity is allowed.</param>
    public bool Decide(double eValue)
    {
        if (!(eValue >= 0))
            throw new ArgumentOutOfRangeException(nameof(eValue), eValue, "An e-value must not be negative or NaN.");
        bool discovery = eValue >= 1 / NextLevel;
        _tests++;
        _discoveries += discovery ? 1 : 0;
        return discovery;
    }

    /// <summary>The procedure in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly.</summary>
    public byte[] SaveState() => SavedState.Save(this);

    /// <summary>Replaces what was decided by a saved state.</summary>
    /// <exception cref="FormatException">The bytes are damaged, of another version or kind, or were saved with another alpha. The procedure is then as it was.</exception>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(Alpha, "alpha");
        transfer.Value(ref _tests);
        transfer.Value(ref _discoveries);
        if (_discoveries < 0 || _tests < _discoveries)
            throw new FormatException($"The state names {_discoveries} discoveries in {_tests} tests.");
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
