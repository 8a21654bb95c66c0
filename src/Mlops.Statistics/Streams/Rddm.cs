namespace Mlops.Statistics;

/// <summary>
/// RDDM (Barros et al. 2017) for errors 0 and 1: DDM that does not go deaf. It keeps the latest values, and after an alarm it starts again from those
/// since the warning, not from nothing; a warning that lasts too long alarms, and a series that grows too long is shortened to the kept values.
/// River's order of operations and defaults, whose positions it reproduces.
/// </summary>
/// <remarks>
/// <para>
/// The shortening is reported as a change, as River does. Any value other than 0 is an error. One bit per kept value.
/// </para>
/// <para>Thresholds lower than those of <see cref="Ddm"/> and the restarts find more and alarm more often. It has no run length that can be promised.</para>
/// </remarks>
public sealed class Rddm : IChangeDetector, ISavedState
{
    private const int LargestBuffer = 1 << 24;

    private readonly int _warmStart;
    private readonly double _warning;
    private readonly double _drift;
    private readonly int _longestSeries;
    private readonly int _longestWarning;
    private readonly int _capacity;
    private readonly ulong[] _kept;
    private int _first;
    private int _last;
    private int _size;
    private int _warnedAt;
    private long _warnedSince;
    private long _seen;
    private long _count;
    private double _rate;
    private double _lowestRate;
    private double _lowestDeviation;
    private double _lowestSum;
    private bool _restart;
    private bool _forgetLowest;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="warmStart">Values before the first signal, at least 1.</param>
    /// <param name="warning">Deviations to a warning, positive.</param>
    /// <param name="drift">Deviations to an alarm, more than to a warning.</param>
    /// <param name="keptValues">Values kept to start again from, 1 to 16 777 216.</param>
    /// <param name="longestSeries">Values after which a series without a warning is shortened, at least 1.</param>
    /// <param name="longestWarning">Values after which a warning becomes an alarm, at least 1.</param>
    public Rddm(
        int warmStart = 129, double warning = 1.773, double drift = 2.258, int keptValues = 7000, int longestSeries = 40_000, int longestWarning = 1400)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(warmStart, 1);
        if (!(warning > 0))
            throw new ArgumentOutOfRangeException(nameof(warning), warning, "A positive number of deviations is needed.");
        if (!(drift > warning))
            throw new ArgumentOutOfRangeException(nameof(drift), drift, $"More than the warning's {warning} deviations are needed.");
        if (keptValues is < 1 or > LargestBuffer)
            throw new ArgumentOutOfRangeException(nameof(keptValues), keptValues, $"1 to {LargestBuffer} values are needed.");
        ArgumentOutOfRangeException.ThrowIfLessThan(longestSeries, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(longestWarning, 1);
        _warmStart = warmStart;
        _warning = warning;
        _drift = drift;
        _capacity = keptValues;
        _longestSeries = longestSeries;
        _longestWarning = longestWarning;
        _kept = new ulong[(keptValues + 63) / 64];
        Reset();
    }

    static byte ISavedState.Kind => 12;

    /// <summary>Values in the current series, those kept from before an alarm included.</summary>
    public long Count => _count;

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            StartAgain();
        bool error = value != 0;
        _seen++;
        Keep(error);
        double deviation = Take(error);
        if (_count <= _warmStart)
            return ChangeSignal.None;
        Lower(deviation);
        if (_rate + deviation > _lowestRate + (_drift * _lowestDeviation))
            return Alarm(keepSinceWarning: _warnedAt >= 0);
        if (_rate + deviation > _lowestRate + (_warning * _lowestDeviation))
        {
            if (_warnedSince < 0)
                (_warnedSince, _warnedAt) = (_seen, _last);
            return _warnedSince + _longestWarning <= _seen ? Alarm(keepSinceWarning: false) : ChangeSignal.Warning;
        }

        ForgetWarning();
        if (_count <= _longestSeries)
            return ChangeSignal.None;
        _restart = true;
        return ChangeSignal.Change;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Array.Clear(_kept);
        _first = 0;
        _last = -1;
        _size = 0;
        _seen = 0;
        _count = 0;
        _rate = 0;
        ForgetWarning();
        ForgetLowest();
        _restart = false;
        _forgetLowest = false;
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
        transfer.Setting(_capacity, "keptValues");
        transfer.Setting(_longestSeries, "longestSeries");
        transfer.Setting(_longestWarning, "longestWarning");
        foreach (ref ulong word in _kept.AsSpan())
        {
            long bits = (long)word;
            transfer.Value(ref bits);
            word = (ulong)bits;
        }

        // Positions are stored from 1 on, so that "none" is 0.
        int last = _last + 1, warnedAt = _warnedAt + 1;
        transfer.Length(ref _first, _capacity - 1);
        transfer.Length(ref last, _capacity);
        transfer.Length(ref _size, _capacity);
        transfer.Length(ref warnedAt, _capacity);
        (_last, _warnedAt) = (last - 1, warnedAt - 1);
        transfer.Value(ref _warnedSince);
        transfer.Value(ref _seen);
        transfer.Value(ref _count);
        transfer.Value(ref _rate);
        transfer.Value(ref _lowestRate);
        transfer.Value(ref _lowestDeviation);
        transfer.Value(ref _lowestSum);
        transfer.Value(ref _restart);
        transfer.Value(ref _forgetLowest);
    }

    private ChangeSignal Alarm(bool keepSinceWarning)
    {
        (_restart, _forgetLowest) = (true, true);
        if (!keepSinceWarning)
        {
            (_first, _size) = (_last, 1);
            _warnedAt = -1;
        }

        return ChangeSignal.Change;
    }

    /// <summary>The statistics of the kept values alone, from the warning on where there was one.</summary>
    private void StartAgain()
    {
        if (_forgetLowest)
            ForgetLowest();
        if (_warnedAt >= 0)
        {
            _first = _warnedAt;
            _size = _last - _first + 1;
            if (_size <= 0)
                _size += _capacity;
        }

        // River's count runs one ahead after a restart: the first kept value replaces the rate, and the next new value is number size + 2.
        _count = 0;
        _rate = 1;
        for (int i = 0, at = _first; i < _size; i++, at = Next(at))
        {
            double deviation = Take(IsError(at));
            if (_forgetLowest && _count > _warmStart)
                Lower(deviation);
        }

        _count++;
        ForgetWarning();
        (_restart, _forgetLowest) = (false, false);
    }

    private double Take(bool error)
    {
        _count++;
        _rate += ((error ? 1 : 0) - _rate) / _count;
        return Math.Sqrt(_rate * (1 - _rate) / _count);
    }

    private void Lower(double deviation)
    {
        if (_rate + deviation < _lowestSum)
            (_lowestRate, _lowestDeviation, _lowestSum) = (_rate, deviation, _rate + deviation);
    }

    private void Keep(bool error)
    {
        _last = Next(_last);
        ulong bit = 1ul << (_last & 63);
        _kept[_last >> 6] = error ? _kept[_last >> 6] | bit : _kept[_last >> 6] & ~bit;
        if (_size < _capacity)
        {
            _size++;
            return;
        }

        _first = Next(_first);

        // A warning older than everything kept has no place to start again from.
        if (_warnedAt == _last)
            _warnedAt = -1;
    }

    private bool IsError(int at) => (_kept[at >> 6] & (1ul << (at & 63))) != 0;

    private int Next(int at) => at + 1 == _capacity ? 0 : at + 1;

    private void ForgetWarning() => (_warnedAt, _warnedSince) = (-1, -1);

    private void ForgetLowest() => _lowestRate = _lowestDeviation = _lowestSum = double.PositiveInfinity;
}
