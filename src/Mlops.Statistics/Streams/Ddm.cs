namespace Mlops.Statistics;

/// <summary>
/// DDM (Gama et al. 2004) for errors 0 and 1: warns and alarms when the error rate plus its deviation has risen by so many
/// deviations above its lowest value. River's order of operations and defaults, whose positions it reproduces.
/// </summary>
/// <remarks>
/// An error rate that starts at 0 has a deviation of 0, so the first error after a long spotless start alarms: many false
/// alarms at rates near 1 %. It has no run length that can be promised.
/// </remarks>
public sealed class Ddm : IChangeDetector, ISavedState
{
    private readonly int _warmStart;
    private readonly double _warning;
    private readonly double _drift;
    private double _rate;
    private double _lowestRate;
    private double _lowestDeviation;
    private double _lowestSum;
    private bool _restart;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="warmStart">Values before the first signal.</param>
    /// <param name="warning">Deviations to a warning.</param>
    /// <param name="drift">Deviations to an alarm.</param>
    public Ddm(int warmStart = 30, double warning = 2, double drift = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmStart);
        if (!(warning > 0))
            throw new ArgumentOutOfRangeException(nameof(warning), warning, "A positive number of deviations is needed.");
        if (!(drift >= warning))
            throw new ArgumentOutOfRangeException(nameof(drift), drift, $"At least the warning's {warning} deviations are needed.");
        _warmStart = warmStart;
        _warning = warning;
        _drift = drift;
        Reset();
    }

    static byte ISavedState.Kind => 7;

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
        _rate += (value - _rate) * (1.0 / Count); // times 1/n: the division need not wait for the subtraction
        double deviation = Math.Sqrt(_rate * (1 - _rate) / Count);
        if (Count <= _warmStart)
            return ChangeSignal.None;
        if (_rate + deviation <= _lowestSum)
        {
            _lowestRate = _rate;
            _lowestDeviation = deviation;
            _lowestSum = _rate + deviation;
        }

        if (_rate + deviation > _lowestRate + (_drift * _lowestDeviation))
        {
            _restart = true;
            return ChangeSignal.Change;
        }

        return _rate + deviation > _lowestRate + (_warning * _lowestDeviation) ? ChangeSignal.Warning : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _rate = 0;
        _lowestRate = 0;
        _lowestDeviation = 0;
        _lowestSum = double.PositiveInfinity;
        _restart = false;
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
        transfer.Value(ref _rate);
        transfer.Value(ref _lowestRate);
        transfer.Value(ref _lowestDeviation);
        transfer.Value(ref _lowestSum);
        transfer.Value(ref _restart);
    }
}
