namespace Mlops.Statistics;

/// <summary>
/// EDDM (Baena-Garcia et al. 2006) for errors 0 and 1: watches the distance between errors and reports when its mean plus
/// two deviations has fallen to a share of its highest value. River's order of operations and defaults.
/// </summary>
/// <remarks>A warning lasts until the next error decides anew. It alarms often without a change (22 times in 5 000 values at a constant rate of 0.2).</remarks>
public sealed class Eddm : IChangeDetector, ISavedState
{
    private readonly int _warmStart;
    private readonly double _warning;
    private readonly double _drift;
    private double _mean;
    private double _squares;
    private double _highest;
    private long _errors;
    private long _lastError;
    private ChangeSignal _signal;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="warmStart">Values and errors before the first signal.</param>
    /// <param name="warning">Share of the highest distance that warns, at most 1.</param>
    /// <param name="drift">Share that alarms, at most the warning's.</param>
    public Eddm(int warmStart = 30, double warning = 0.95, double drift = 0.9)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmStart);
        if (!(warning > 0 && warning <= 1))
            throw new ArgumentOutOfRangeException(nameof(warning), warning, "A share above 0 and at most 1 is needed.");
        if (!(drift > 0 && drift <= warning))
            throw new ArgumentOutOfRangeException(nameof(drift), drift, $"A share above 0 and at most the warning's {warning} is needed.");
        _warmStart = warmStart;
        _warning = warning;
        _drift = drift;
        Reset();
    }

    static byte ISavedState.Kind => 8;

    /// <inheritdoc/>
    public long Count => _count;

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_signal == ChangeSignal.Change)
            Reset();
        _count++;

        // Between errors nothing is learnt, so the last signal stands.
        if (value != 1)
            return _signal;
        _errors++;
        double distance = Count - _lastError;
        double before = _mean;
        _mean += (distance - before) / _errors;
        _squares += (distance - _mean) * (distance - before);
        _lastError = Count;
        if (Count <= _warmStart)
            return _signal;
        double level = _mean + (2 * (_errors > 1 ? Math.Sqrt(_squares / (_errors - 1)) : 0));
        if (level > _highest)
            _highest = level;
        else if (_errors > _warmStart)
            _signal = Judge(level / _highest);
        return _signal;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _mean = 0;
        _squares = 0;
        _highest = -1;
        _errors = 0;
        _lastError = 0;
        _signal = ChangeSignal.None;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_warmStart, "warmStart");
        transfer.Setting(_warning, "warning");
        transfer.Setting(_drift, "drift");
        transfer.Value(ref _count);
        transfer.Value(ref _mean);
        transfer.Value(ref _squares);
        transfer.Value(ref _highest);
        transfer.Value(ref _errors);
        transfer.Value(ref _lastError);
        int signal = (int)_signal;
        transfer.Length(ref signal, (int)ChangeSignal.Change);
        _signal = (ChangeSignal)signal;
    }

    private ChangeSignal Judge(double share) =>
        share < _drift ? ChangeSignal.Change : share < _warning ? ChangeSignal.Warning : ChangeSignal.None;
}
