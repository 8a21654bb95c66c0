namespace Mlops.Tracking;

/// <summary>One instrument under one set of tags. The lock is held for a few additions by either side.</summary>
internal sealed class RecordedSeries
{
    private readonly Lock _gate = new();
    private readonly SeriesKind _kind;
    private readonly string _key;
    private readonly string[] _keys;
    private long _count;
    private double _value;
    private double _minimum = double.PositiveInfinity;
    private double _maximum = double.NegativeInfinity;

    public RecordedSeries(SeriesKind kind, string key)
    {
        _kind = kind;
        _key = key;
        _keys = kind == SeriesKind.Distribution ? [$"{key}/count", $"{key}/mean", $"{key}/min", $"{key}/max"] : [];
    }

    public void Measure(double value)
    {
        lock (_gate)
        {
            _count++;
            _value = _kind is SeriesKind.Sum or SeriesKind.Distribution ? _value + value : value;
            if (_kind == SeriesKind.Distribution)
            {
                _minimum = Math.Min(_minimum, value);
                _maximum = Math.Max(_maximum, value);
            }
        }
    }

    public void Log(Run run, long step, DateTimeOffset time)
    {
        long count;
        double value, minimum, maximum;
        lock (_gate)
        {
            (count, value, minimum, maximum) = (_count, _value, _minimum, _maximum);
            if (_kind is SeriesKind.Distribution or SeriesKind.Observed)
            {
                (_count, _value, _minimum, _maximum) = (0, 0, double.PositiveInfinity, double.NegativeInfinity);
            }
        }

        if (count == 0)
        {
            return;
        }

        if (_kind != SeriesKind.Distribution)
        {
            run.LogMetric(_key, value, step, time);
            return;
        }

        run.LogMetric(_keys[0], count, step, time);
        run.LogMetric(_keys[1], value / count, step, time);
        run.LogMetric(_keys[2], minimum, step, time);
        run.LogMetric(_keys[3], maximum, step, time);
    }
}
