namespace Mlops.Statistics;

/// <summary>
/// ECDD (Ross et al. 2012) for errors 0 and 1: the exponentially weighted moving average of the errors against their running rate p, an alarm when it
/// is L(p) of its own deviations above. No calibration is needed; rises alone are reported.
/// </summary>
/// <remarks>
/// L for 100 and 400 values between false alarms are the published polynomials, as frouros has them, whose positions this detector reproduces with its
/// defaults. They suppose a known p: with the running p and a warm start, runs of the "400" are 360 to 440 long from p = 0.1 to 0.4 and 190 at
/// p = 0.01; of the "100", 84 to 98 from 0.03 to 0.1 and 36 at 0.4. The polynomial for 1000 lies below that for 100 in places and gives runs of 65
/// to 570, so L for 1000 is one of our own, fitted to this detector by simulation: 920 to 1 040 from p = 0.01 to 0.45, 530 at 0.005. All for the default weight and
/// warm start; with others there is no promise.
/// </remarks>
public sealed class Ecdd : IChangeDetector, ISavedState
{
    private static readonly (double Rate, double Limit)[] FittedLimits =
    [
        (0.01, 6.645), (0.015, 5.769), (0.02, 5.720), (0.03, 5.513), (0.04, 4.947), (0.05, 4.572), (0.07, 4.362),
        (0.1, 4.014), (0.15, 3.660), (0.2, 3.437), (0.25, 3.218), (0.3, 3.063), (0.4, 2.777), (0.5, 2.450),
    ];

    private readonly double _weight;
    private readonly double _warning;
    private readonly int _warmStart;
    private readonly int _runLength;
    private double _rate;
    private double _average;
    private double _forgotten;
    private bool _restart;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="runLength">Values between false alarms that L was fitted to: 100, 400 or 1000.</param>
    /// <param name="weight">Weight of the newest value, above 0 and below 1.</param>
    /// <param name="warning">Share of L that warns, above 0 and at most 1.</param>
    /// <param name="warmStart">Values before the first signal.</param>
    public Ecdd(int runLength = 400, double weight = 0.2, double warning = 0.5, int warmStart = 30)
    {
        if (runLength is not (100 or 400 or 1000))
            throw new ArgumentOutOfRangeException(nameof(runLength), runLength, "100, 400 or 1000 is needed.");
        if (!(weight > 0 && weight < 1))
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight above 0 and below 1 is needed.");
        if (!(warning > 0 && warning <= 1))
            throw new ArgumentOutOfRangeException(nameof(warning), warning, "A share above 0 and at most 1 is needed.");
        ArgumentOutOfRangeException.ThrowIfNegative(warmStart);
        _runLength = runLength;
        _weight = weight;
        _warning = warning;
        _warmStart = warmStart;
        Reset();
    }

    static byte ISavedState.Kind => 11;

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>The running error rate.</summary>
    public double Rate => _rate;

    /// <summary>The moving average of the errors.</summary>
    public double Value => _average;

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        value = double.Clamp(value, 0, 1);
        _count++;
        _rate += (value - _rate) / _count;
        _average = (_weight * value) + ((1 - _weight) * _average);
        _forgotten *= (1 - _weight) * (1 - _weight);
        if (_count < _warmStart)
            return ChangeSignal.None;
        double distance = Limit(_rate) * Math.Sqrt(_weight / (2 - _weight) * (1 - _forgotten) * _rate * (1 - _rate));
        _restart = _average > _rate + distance;
        return _restart ? ChangeSignal.Change : _average > _rate + (_warning * distance) ? ChangeSignal.Warning : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _rate = 0;
        _average = 0;
        _forgotten = 1;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_runLength, "runLength");
        transfer.Setting(_weight, "weight");
        transfer.Setting(_warning, "warning");
        transfer.Setting(_warmStart, "warmStart");
        transfer.Value(ref _count);
        transfer.Value(ref _rate);
        transfer.Value(ref _average);
        transfer.Value(ref _forgotten);
        transfer.Value(ref _restart);
    }

    private double Limit(double p)
    {
        if (_runLength == 1000)
            return Between(FittedLimits, p);
        double cube = p * p * p, fifth = cube * p * p, seventh = fifth * p * p;
        return _runLength == 100
            ? 2.76 - (6.23 * p) + (18.12 * cube) - (312.45 * fifth) + (1002.18 * seventh)
            : 3.97 - (6.56 * p) + (48.73 * cube) - (330.13 * fifth) + (848.18 * seventh);
    }

    private static double Between(ReadOnlySpan<(double Rate, double Limit)> known, double p)
    {
        if (p <= known[0].Rate)
            return known[0].Limit;
        if (p >= known[^1].Rate)
            return known[^1].Limit;
        int right = 1;
        while (known[right].Rate < p)
            right++;
        (double a, double low) = known[right - 1];
        (double b, double high) = known[right];
        return low + ((high - low) * (p - a) / (b - a));
    }
}
