namespace Mlops.Statistics;

/// <summary>
/// Evidence against a stated mean that may be looked at all the time: what a unit of money has become that was bet, value after value, on the
/// mean being another. Under the null it exceeds 1 / alpha with probability alpha at most, at whatever moment one stops. For values with known
/// limits, such as shares, rates (0 and 1) and clipped measurements.
/// </summary>
/// <remarks>
/// <para>
/// On values scaled to [0, 1] with m the null mean, the product of 1 + l (x - m), l at least 0, against "at most m", of 1 - l (x - m) against "at least
/// m", and half the sum of both against "equal to m" (Waudby-Smith and Ramdas 2024). The bet on a rise is that of approximate growth:
/// d / (variance + d^2) with d and the variance from earlier values, no less than 0, and such that no value can lose more than half of the money.
/// </para>
/// <para>
/// Assumptions: limits that are true, and under the null values whose mean, given all earlier ones, satisfies it every time. No identical laws are
/// needed. Values outside the limits are clipped and counted: the null is then one about the clipped values. NaN are skipped and counted. E-values of
/// several independent streams may be multiplied, of any streams averaged, and all may be given to <see cref="ELond"/>. 0 bytes per value, constant
/// memory. Not thread-safe.
/// </para>
/// </remarks>
public sealed class MeanEProcess : ISavedState
{
    private readonly double _null;
    private DeclaredLimits _limits;
    private PredictableMoments _moments;
    private double _rise;
    private double _fall;
    private double _largest;

    /// <summary>A process before its first value; its e-value is 1.</summary>
    /// <param name="mean">The null mean, strictly between the limits.</param>
    /// <param name="low">What no value is below.</param>
    /// <param name="high">What no value is above; greater than <paramref name="low"/>.</param>
    /// <param name="direction">
    /// What to find: <see cref="ChangeDirection.Up"/> is evidence against "at most the mean", <see cref="ChangeDirection.Down"/> against "at least the
    /// mean", <see cref="ChangeDirection.Both"/> against "equal to the mean".
    /// </param>
    public MeanEProcess(double mean, double low = 0, double high = 1, ChangeDirection direction = ChangeDirection.Both)
    {
        _limits = new DeclaredLimits(low, high);
        if (!(mean > low && mean < high))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, $"A mean strictly between {low} and {high} is needed.");
        if (!Enum.IsDefined(direction))
            throw new ArgumentOutOfRangeException(nameof(direction), direction, "Up, Down or Both is needed.");
        Mean = mean;
        Direction = direction;
        _null = (mean - low) / _limits.Range;
    }

    static byte ISavedState.Kind => 36;

    /// <summary>The null mean.</summary>
    public double Mean { get; }

    /// <summary>What is to be found.</summary>
    public ChangeDirection Direction { get; }

    /// <summary>Values added, NaN excluded.</summary>
    public long Count => _moments.Count;

    /// <summary>Values that were outside the limits and taken as the limit.</summary>
    public long ClippedCount => _limits.Clipped;

    /// <summary>NaN that were skipped.</summary>
    public long NaNCount => _limits.NotANumber;

    /// <summary>The evidence now: its expectation under the null is at most 1 at any moment of stopping. May be infinite; see <see cref="LogEValue"/>.</summary>
    public double EValue => Math.Exp(LogEValue);

    /// <summary>Natural logarithm of <see cref="EValue"/>, which does not overflow.</summary>
    public double LogEValue => Direction switch
    {
        ChangeDirection.Up => _rise,
        ChangeDirection.Down => _fall,
        _ => double.Max(_rise, _fall) + Math.Log((1 + Math.Exp(-Math.Abs(_rise - _fall))) / 2),
    };

    /// <summary>
    /// A p-value that may be looked at all the time, the reciprocal of the largest e-value so far, at most 1 (Ville's inequality): under the null it
    /// ever falls to alpha with probability alpha at most.
    /// </summary>
    public double PValue => Math.Exp(-_largest);

    /// <summary>Whether the null is rejected at level <paramref name="alpha"/>: the evidence has reached 1 / alpha now or at any moment before.</summary>
    /// <param name="alpha">Probability of ever rejecting a true null, strictly between 0 and 1; chosen before looking.</param>
    public bool Reject(double alpha)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        return _largest >= -Math.Log(alpha);
    }

    /// <summary>Takes the next value.</summary>
    public void Add(double value)
    {
        if (!_limits.TryScale(value, out double x))
            return;
        double distance = _moments.Mean - _null;
        double bet = distance / (_moments.Variance + (distance * distance)), gap = x - _null;
        if (bet > 0)
            _rise += Math.Log(1 + (double.Min(bet, 0.5 / _null) * gap));
        else
            _fall += Math.Log(1 + (double.Max(bet, -0.5 / (1 - _null)) * gap));
        _moments.Add(x);
        _largest = double.Max(_largest, LogEValue);
    }

    /// <summary>The process in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly.</summary>
    public byte[] SaveState() => SavedState.Save(this);

    /// <summary>Replaces what was added by a saved state.</summary>
    /// <exception cref="FormatException">The bytes are damaged, of another version or kind, or were saved with other settings.</exception>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        _limits.Transfer(ref transfer);
        transfer.Setting(Mean, "mean");
        transfer.Setting((int)Direction, "direction");
        _moments.Transfer(ref transfer);
        transfer.Value(ref _rise);
        transfer.Value(ref _fall);
        transfer.Value(ref _largest);
    }
}
