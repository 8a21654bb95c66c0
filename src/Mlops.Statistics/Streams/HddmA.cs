namespace Mlops.Statistics;

/// <summary>
/// HDDM_A (Frias-Blanco et al. 2015): compares the running mean of values in [0, 1] with its lowest (and highest) past by
/// Hoeffding's bound, so no law is assumed. River's order of operations and defaults.
/// </summary>
public sealed class HddmA : IChangeDetector, ISavedState
{
    private readonly double _drift;
    private readonly double _warning;
    private readonly ChangeDirection _direction;
    private double _sum;
    private double _lowSum;
    private long _lowCount;
    private double _highSum;
    private long _highCount;
    private bool _restart;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="driftConfidence">Error probability of one comparison that alarms, strictly between 0 and 1.</param>
    /// <param name="warningConfidence">The same for a warning, at least as large.</param>
    /// <param name="direction">Which changes to report.</param>
    public HddmA(double driftConfidence = 0.001, double warningConfidence = 0.005, ChangeDirection direction = ChangeDirection.Up)
    {
        if (!(driftConfidence > 0 && driftConfidence < 1))
            throw new ArgumentOutOfRangeException(nameof(driftConfidence), driftConfidence, "A probability strictly between 0 and 1 is needed.");
        if (!(warningConfidence >= driftConfidence && warningConfidence < 1))
            throw new ArgumentOutOfRangeException(nameof(warningConfidence), warningConfidence, $"A probability from the alarm's {driftConfidence} to 1 is needed.");
        _drift = driftConfidence;
        _warning = warningConfidence;
        _direction = direction;
    }

    static byte ISavedState.Kind => 9;

    /// <inheritdoc/>
    public long Count => _count;

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        value = double.Clamp(value, 0, 1);
        _count++;
        _sum += value;
        if (_lowCount == 0)
        {
            _lowCount = Count;
            _lowSum = _sum;
        }

        if (_highCount == 0)
        {
            _highCount = Count;
            _highSum = _sum;
        }

        double bound = Math.Sqrt(Math.Log(1 / _drift) / (2.0 * Count));
        double lowBound = Math.Sqrt(Math.Log(1 / _drift) / (2.0 * _lowCount));
        double highBound = Math.Sqrt(Math.Log(1 / _drift) / (2.0 * _highCount));
        if (_lowSum / _lowCount + lowBound >= _sum / Count + bound)
        {
            _lowSum = _sum;
            _lowCount = Count;
        }

        if (_highSum / _highCount - highBound <= _sum / Count - bound)
        {
            _highSum = _sum;
            _highCount = Count;
        }

        bool up = _direction != ChangeDirection.Down, down = _direction != ChangeDirection.Up;
        _restart = (up && Rose(_drift)) || (down && Fell(_drift));
        if (_restart)
            return ChangeSignal.Change;

        // River warns of a rise only where both directions are watched.
        return (up ? Rose(_warning) : Fell(_warning)) ? ChangeSignal.Warning : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _sum = 0;
        _lowSum = 0;
        _lowCount = 0;
        _highSum = 0;
        _highCount = 0;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_drift, "driftConfidence");
        transfer.Setting(_warning, "warningConfidence");
        transfer.Setting((double)_direction, "direction");
        transfer.Value(ref _count);
        transfer.Value(ref _sum);
        transfer.Value(ref _lowSum);
        transfer.Value(ref _lowCount);
        transfer.Value(ref _highSum);
        transfer.Value(ref _highCount);
        transfer.Value(ref _restart);
    }

    private bool Rose(double confidence) =>
        _lowCount != Count && (_sum / Count) - (_lowSum / _lowCount) >= Bound(_lowCount, confidence);

    private bool Fell(double confidence) =>
        _highCount != Count && (_highSum / _highCount) - (_sum / Count) >= Bound(_highCount, confidence);

    private double Bound(long before, double confidence)
    {
        double m = (double)(Count - before) / before * (1.0 / Count);
        return Math.Sqrt(m / 2 * Math.Log(2 / confidence));
    }
}
