namespace Mlops.Statistics;

/// <summary>
/// The two-sided tabular CUSUM (Page 1954) on values standardized by a known in-control mean and deviation:
/// S = max(0, S + z - k) and its mirror image, an alarm when either exceeds h.
/// </summary>
/// <remarks>
/// With k half the shift to be found, in standard deviations, it is optimal for that shift. For normal values k = 0.5
/// and h = 4.77 give an expected run of about 370 values between false alarms (both sides); <see cref="ExpectedRunLength"/>
/// computes any other pair, <see cref="ForExpectedRunLength"/> inverts it.
/// </remarks>
public sealed class Cusum : IChangeDetector, ISavedState
{
    private readonly double _mean;
    private readonly double _inverseDeviation;
    private readonly double _slack;
    private readonly double _threshold;
    private readonly ChangeDirection _direction;
    private double _high;
    private double _low;
    private bool _restart;
    private long _count;

    /// <summary>A detector around a known level.</summary>
    /// <param name="mean">In-control mean.</param>
    /// <param name="standardDeviation">In-control standard deviation, positive.</param>
    /// <param name="slack">k in standard deviations; half the shift to be found.</param>
    /// <param name="threshold">h in standard deviations, positive.</param>
    /// <param name="direction">Which changes to report.</param>
    public Cusum(
        double mean,
        double standardDeviation,
        double slack = 0.5,
        double threshold = 4.77,
        ChangeDirection direction = ChangeDirection.Both)
    {
        if (!double.IsFinite(mean))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, "A finite mean is needed.");
        if (!(standardDeviation > 0) || !double.IsFinite(standardDeviation))
            throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "A positive, finite standard deviation is needed.");
        if (!(slack >= 0))
            throw new ArgumentOutOfRangeException(nameof(slack), slack, "A slack of at least 0 is needed.");
        if (!(threshold > 0))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A positive threshold is needed.");
        _mean = mean;
        _inverseDeviation = 1 / standardDeviation;
        _slack = slack;
        _threshold = threshold;
        _direction = direction;
    }

    static byte ISavedState.Kind => 2;

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>The upper sum in standard deviations; 0 right after a reset.</summary>
    public double High => _high;

    /// <summary>The lower sum in standard deviations, positive for a fall.</summary>
    public double Low => _low;

    /// <summary>
    /// A detector whose threshold holds the expected number of independent normal values between false alarms, within 0.1 %.
    /// </summary>
    /// <param name="mean">In-control mean.</param>
    /// <param name="standardDeviation">In-control standard deviation, positive.</param>
    /// <param name="expectedRunLength">Values per false alarm, 10 to 1e9.</param>
    /// <param name="shift">The shift to be found, in standard deviations; k is half of it.</param>
    /// <param name="direction">Which changes to report.</param>
    public static Cusum ForExpectedRunLength(
        double mean,
        double standardDeviation,
        double expectedRunLength,
        double shift = 1,
        ChangeDirection direction = ChangeDirection.Both)
    {
        if (!(expectedRunLength is >= 10 and <= 1e9))
            throw new ArgumentOutOfRangeException(nameof(expectedRunLength), expectedRunLength, "An expected run length from 10 to 1e9 is needed.");
        if (!(shift > 0) || !double.IsFinite(shift))
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "A positive, finite shift is needed.");
        double slack = shift / 2;
        double low = 0, high = 1;
        while (ExpectedRunLength(slack, high, direction) < expectedRunLength)
        {
            low = high;
            high *= 2;
        }

        while (high - low > 1e-6 * high)
        {
            double middle = 0.5 * (low + high);
            if (ExpectedRunLength(slack, middle, direction) < expectedRunLength)
                low = middle;
            else
                high = middle;
        }

        return new Cusum(mean, standardDeviation, slack, high, direction);
    }

    /// <summary>
    /// Expected number of independent standard normal values until a false alarm, from Brook and Evans's (1972) integral
    /// equation by Gauss-Legendre quadrature; the two sides combine as 1 / (1/up + 1/down) (Kemp 1961).
    /// </summary>
    public static double ExpectedRunLength(double slack, double threshold, ChangeDirection direction = ChangeDirection.Both)
    {
        if (!(slack >= 0) || !double.IsFinite(slack))
            throw new ArgumentOutOfRangeException(nameof(slack), slack, "A finite slack of at least 0 is needed.");
        if (!(threshold > 0) || !double.IsFinite(threshold))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A positive, finite threshold is needed.");
        double oneSided = CusumRunLength.OneSided(slack, threshold);
        return direction == ChangeDirection.Both ? oneSided / 2 : oneSided;
    }

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        _count++;
        double z = (value - _mean) * _inverseDeviation;
        _high = double.MaxNative(0, _high + z - _slack);
        _low = double.MaxNative(0, _low - z - _slack);
        bool up = _direction != ChangeDirection.Down && _high > _threshold;
        bool down = _direction != ChangeDirection.Up && _low > _threshold;
        _restart = up || down;
        return _restart ? ChangeSignal.Change : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _high = 0;
        _low = 0;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_mean, "mean");
        transfer.Setting(_inverseDeviation, "1 / standardDeviation");
        transfer.Setting(_slack, "slack");
        transfer.Setting(_threshold, "threshold");
        transfer.Setting((double)_direction, "direction");
        transfer.Value(ref _count);
        transfer.Value(ref _high);
        transfer.Value(ref _low);
        transfer.Value(ref _restart);
    }
}
