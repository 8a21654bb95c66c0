namespace Mlops.Serving;

/// <summary>
/// Predictions that wait to be stored, in the order they came, in memory that is taken once. Many add at once; one reads and takes away.
/// </summary>
internal sealed class LogRing
{
    private readonly Lock _adding = new();
    private readonly LogEntry[] _entries;
    private readonly float[] _numbers;
    private readonly int _maximumFeatures;
    private readonly int _maximumOutputs;
    private int _next;
    private int _oldest;
    private long _kept;
    private long _taken;
    private long _dropped;
    private bool _isClosed;

    public LogRing(int capacity, int maximumFeatures, int maximumOutputs)
    {
        _entries = new LogEntry[capacity];
        _numbers = new float[checked(capacity * (maximumFeatures + maximumOutputs))];
        _maximumFeatures = maximumFeatures;
        _maximumOutputs = maximumOutputs;
    }

    /// <summary>How many were added, taken away and not taken in.</summary>
    public (long Kept, long Taken, long Dropped) Counts
    {
        get
        {
            lock (_adding)
                return (_kept, _taken, _dropped);
        }
    }

    /// <summary>Adds a prediction, or counts it as dropped.</summary>
    /// <returns>How many wait now; 0 when it was dropped.</returns>
    public int Add(in PredictionRecord record, LogColumns? columns)
    {
        lock (_adding)
        {
            if (_isClosed || _kept - _taken == _entries.Length)
            {
                _dropped++;
                return 0;
            }

            int place = _next;
            _next = place + 1 == _entries.Length ? 0 : place + 1;
            ref LogEntry entry = ref _entries[place];
            entry.Model = record.Model;
            entry.Id = record.Id;
            entry.Row = record.Row;
            entry.Version = record.Version;
            entry.Variant = record.Variant;
            entry.Propensity = record.Propensity;
            entry.RoutingKey = record.RoutingKey;
            entry.UtcTicks = record.Timestamp.UtcTicks;
            entry.Duration = record.Duration;
            entry.QueueTime = record.QueueTime;
            entry.ComputeTime = record.ComputeTime;
            entry.Columns = columns;
            entry.OutputLength = record.Outputs.Length;

            Span<float> numbers = NumbersOf(place);
            if (columns is not null)
                for (int i = 0; i < columns.Places.Length; i++)
                    numbers[i] = record.Features[columns.Places[i]];
            record.Outputs[..Math.Min(record.Outputs.Length, _maximumOutputs)].CopyTo(numbers[_maximumFeatures..]);
            return (int)(++_kept - _taken);
        }
    }

    /// <summary>
    /// Reads the oldest ones without taking them away. Nobody writes where they are until <see cref="Remove"/>, so that no lock is needed.
    /// </summary>
    public void Read(int count, LogEntryReader read)
    {
        for (int i = 0; i < count; i++)
        {
            int place = (_oldest + i) % _entries.Length;
            ReadOnlySpan<float> numbers = NumbersOf(place);
            ref readonly LogEntry entry = ref _entries[place];
            read(in entry, numbers[..(entry.Columns?.Names.Count ?? 0)], numbers.Slice(_maximumFeatures, Math.Min(entry.OutputLength, _maximumOutputs)));
        }
    }

    /// <summary>Takes the oldest ones away.</summary>
    public void Remove(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _entries[_oldest] = default;   // it holds a key in clear
            _oldest = (_oldest + 1) % _entries.Length;
        }

        lock (_adding)
            _taken += count;
    }

    /// <summary>Takes in no more.</summary>
    public void Close()
    {
        lock (_adding)
            _isClosed = true;
    }

    private Span<float> NumbersOf(int place)
    {
        int width = _maximumFeatures + _maximumOutputs;
        return _numbers.AsSpan(place * width, width);
    }
}

internal delegate void LogEntryReader(in LogEntry entry, ReadOnlySpan<float> features, ReadOnlySpan<float> outputs);
