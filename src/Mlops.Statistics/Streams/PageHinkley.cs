namespace Mlops.Statistics;

/// <summary>
/// The Page-Hinkley test (Page 1954, Hinkley 1971): cumulates deviations from the running mean, less a slack, and reports
/// when the sum has moved away from its extreme by more than a threshold.
/// </summary>
/// <remarks>The defaults and the order of operations are those of River, whose alarm positions it reproduces.</remarks>
public sealed class PageHinkley : IChangeDetector, ISavedState
{
    private readonly double _slack;
    private readonly double _threshold;
    private readonly double _forgetting;
    private readonly int _minimumCount;
    private readonly ChangeDirection _direction;
    private double _mean;
    private double _rise;
    private double _fall;
    private double _lowestRise;
    private double _highestFall;
    private bool _restart;
    private long _count;

    /// <summary>A detector with River's defaults.</summary>
    /// <param name="threshold">Distance that raises the alarm, positive.</param>
    /// <param name="slack">Deviation tolerated per value, in the unit of the values.</param>
    /// <param name="forgetting">Factor on the sums per value, above 0 and at most 1.</param>
    /// <param name="minimumCount">Values before the first alarm.</param>
    /// <param name="direction">Which changes to report.</param>
    public PageHinkley(
        double threshold = 50,
        double slack = 0.005,
        double forgetting = 1 - 0.0001,
        int minimumCount = 30,
        ChangeDirection direction = ChangeDirection.Both)
    {
        if (!(threshold > 0))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A positive threshold is needed.");
        if (!(slack >= 0))
            throw new ArgumentOutOfRangeException(nameof(slack), slack, "A slack of at least 0 is needed.");
        if (!(forgetting > 0 && forgetting <= 1))
            throw new ArgumentOutOfRangeException(nameof(forgetting), forgetting, "A factor above 0 and at most 1 is needed.");
        ArgumentOutOfRangeException.ThrowIfNegative(minimumCount);
        _threshold = threshold;
        _slack = slack;
        _forgetting = forgetting;
        _minimumCount = minimumCount;
        _direction = direction;
        Reset();
    }

    static byte ISavedState.Kind => 1;

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>
    /// Expected number of independent normal values until a false alarm without forgetting. What a value deviates from the running mean is a recursive
    /// residual, independent of the earlier ones and of variance (n - 1) / n, so the sums are those of <see cref="Cusum"/> with the same slack and threshold.
    /// </summary>
    /// <param name="slack">In standard deviations of the values.</param>
    /// <param name="threshold">In standard deviations of the values.</param>
    /// <param name="direction">Which changes are reported.</param>
    /// <remarks>
    /// Within 10 % from a few hundred values on, for a <c>minimumCount</c> that is small against the result. With forgetting there is no such law:
    /// docs/statistics/change-detectors.md has measured shares.
    /// </remarks>
    public static double ExpectedRunLength(double slack, double threshold, ChangeDirection direction = ChangeDirection.Both) =>
        Cusum.ExpectedRunLength(slack, threshold, direction);

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        _count++;
        _mean += (value - _mean) * (1.0 / Count); // times 1/n: the division need not wait for the subtraction
        double deviation = value - _mean;
        _rise = (_forgetting * _rise) + deviation - _slack;
        _fall = (_forgetting * _fall) + deviation + _slack;
        _lowestRise = double.MinNative(_lowestRise, _rise);
        _highestFall = double.MaxNative(_highestFall, _fall);
        if (Count < _minimumCount)
            return ChangeSignal.None;
        bool up = _direction != ChangeDirection.Down && _rise - _lowestRise > _threshold;
        bool down = _direction != ChangeDirection.Up && _highestFall - _fall > _threshold;
        _restart = up || down;
        return _restart ? ChangeSignal.Change : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _mean = 0;
        _rise = 0;
        _fall = 0;
        _lowestRise = double.PositiveInfinity;
        _highestFall = -1; // as River, whose first values it decides
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_threshold, "threshold");
        transfer.Setting(_slack, "slack");
        transfer.Setting(_forgetting, "forgetting");
        transfer.Setting(_minimumCount, "minimumCount");
        transfer.Setting((double)_direction, "direction");
        transfer.Value(ref _count);
        transfer.Value(ref _mean);
        transfer.Value(ref _rise);
        transfer.Value(ref _fall);
        transfer.Value(ref _lowestRise);
        transfer.Value(ref _highestFall);
        transfer.Value(ref _restart);
    }
}
