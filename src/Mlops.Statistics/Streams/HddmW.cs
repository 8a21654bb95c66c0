namespace Mlops.Statistics;

/// <summary>
/// HDDM_W (Frias-Blanco et al. 2015): compares exponentially weighted means of values in [0, 1] before and after a
/// candidate cut by McDiarmid's bound; quicker than <see cref="HddmA"/> on gradual change. River's order of operations and
/// defaults.
/// </summary>
public sealed class HddmW : IChangeDetector, ISavedState
{
    private readonly double _drift;
    private readonly double _warning;
    private readonly double _weight;
    private readonly ChangeDirection _direction;
    private Average _all;
    private Average _lowBefore;
    private Average _lowAfter;
    private Average _highBefore;
    private Average _highAfter;
    private double _lowCut;
    private double _highCut;
    private bool _restart;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="driftConfidence">Error probability of one comparison that alarms, strictly between 0 and 1.</param>
    /// <param name="warningConfidence">The same for a warning, at least as large.</param>
    /// <param name="weight">Weight of the newest value, above 0 and at most 1.</param>
    /// <param name="direction">Which changes to report.</param>
    public HddmW(double driftConfidence = 0.001, double warningConfidence = 0.005, double weight = 0.05, ChangeDirection direction = ChangeDirection.Up)
    {
        if (!(driftConfidence > 0 && driftConfidence < 1))
            throw new ArgumentOutOfRangeException(nameof(driftConfidence), driftConfidence, "A probability strictly between 0 and 1 is needed.");
        if (!(warningConfidence >= driftConfidence && warningConfidence < 1))
            throw new ArgumentOutOfRangeException(nameof(warningConfidence), warningConfidence, $"A probability from the alarm's {driftConfidence} to 1 is needed.");
        if (!(weight > 0 && weight <= 1))
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight above 0 and at most 1 is needed.");
        _drift = driftConfidence;
        _warning = warningConfidence;
        _weight = weight;
        _direction = direction;
        Reset();
    }

    static byte ISavedState.Kind => 10;

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
        _all.Add(value, _weight);
        bool warned = false;
        if (_direction != ChangeDirection.Down)
        {
            UpdateRise(value);
            _restart = Differ(_lowBefore, _lowAfter, _drift);
            warned = Differ(_lowBefore, _lowAfter, _warning);
        }

        if (_direction != ChangeDirection.Up && !_restart)
        {
            UpdateFall(value);
            _restart = Differ(_highAfter, _highBefore, _drift);
            warned |= Differ(_highAfter, _highBefore, _warning);
        }

        return _restart ? ChangeSignal.Change : warned ? ChangeSignal.Warning : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _all = _lowBefore = _lowAfter = _highBefore = _highAfter = default;
        _lowCut = double.PositiveInfinity;
        _highCut = double.NegativeInfinity;
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
        transfer.Setting(_weight, "weight");
        transfer.Setting((double)_direction, "direction");
        transfer.Value(ref _count);
        transfer.Value(ref _lowCut);
        transfer.Value(ref _highCut);
        transfer.Value(ref _restart);
        _all.Transfer(ref transfer);
        _lowBefore.Transfer(ref transfer);
        _lowAfter.Transfer(ref transfer);
        _highBefore.Transfer(ref transfer);
        _highAfter.Transfer(ref transfer);
    }

    private void UpdateRise(double value)
    {
        double bound = Bound(_all.Weights, _drift);
        if (_all.Value + bound < _lowCut)
        {
            _lowCut = _all.Value + bound;
            _lowBefore = _all;
            _lowAfter = default;
        }
        else
        {
            _lowAfter.Add(value, _weight);
        }
    }

    private void UpdateFall(double value)
    {
        double bound = Bound(_all.Weights, _drift);
        if (_all.Value - bound > _highCut)
        {
            _highCut = _all.Value - bound;
            _highBefore = _all;
            _highAfter = default;
        }
        else
        {
            _highAfter.Add(value, _weight);
        }
    }

    private static bool Differ(in Average low, in Average high, double confidence) =>
        low.Started && high.Started && high.Value - low.Value > Bound(low.Weights + high.Weights, confidence);

    private static double Bound(double weights, double confidence) => Math.Sqrt(weights * Math.Log(1 / confidence) / 2);

    /// <summary>An exponentially weighted mean with the sum of its squared weights.</summary>
    private struct Average
    {
        public double Value;
        public double Weights;
        public bool Started;

        public void Transfer(ref StateTransfer transfer)
        {
            transfer.Value(ref Value);
            transfer.Value(ref Weights);
            transfer.Value(ref Started);
        }

        public void Add(double value, double weight)
        {
            double kept = 1 - weight;
            Value = Started ? (kept * Value) + (weight * value) : value;
            Weights = (weight * weight) + (kept * kept * (Started ? Weights : 1));
            Started = true;
        }
    }
}
