namespace Mlops.Drift;

/// <summary>Everything a monitor knows of one model version. Rows and labels of one version never mix with another's.</summary>
internal sealed class WatchedVersion
{
    private const int MaximumClosed = 4;

    private readonly DriftSchema _schema;
    private readonly DriftMonitorOptions _options;
    private readonly Queue<ClosedWindow> _closed = new();
    private RowWindow _window;
    private long _period = long.MinValue;

    // The window before the open one, while rows of its time may still come.
    private RowWindow? _late;
    private long _latePeriod = long.MinValue;
    private bool _lateIncomplete;
    private long _incompleteUntilSeen;
    private long _incompleteUntilTicks = long.MinValue;
    private long _rowsAtEvaluation;
    private long _errorsAtEvaluation;

    public WatchedVersion(int serial, string digest, DriftSchema schema, DriftMonitorOptions options)
    {
        Serial = serial;
        Digest = digest;
        _schema = schema;
        _options = options;
        _window = NewWindow();
        Errors = new ErrorWindow(options.ErrorWindowRows);
    }

    /// <summary>Counts versions of a monitor; pending predictions refer to it.</summary>
    public int Serial { get; }

    /// <summary>Empty while the monitor was told of no version.</summary>
    public string Digest { get; }

    public string? PublicDigest => Digest.Length == 0 ? null : Digest;

    public ReferenceProfile? Profile { get; set; }

    /// <summary>The stored profile's digest, until the profile itself is known again.</summary>
    public string? ExpectedProfile { get; set; }

    public ErrorBaseline? Baseline { get; set; }

    public ErrorWindow Errors { get; }

    public AlertTracker Data { get; } = new(AlertKind.Data);

    public AlertTracker Error { get; } = new(AlertKind.Error);

    /// <summary>When another version took over, or <see cref="RowFacts.NoTime"/>.</summary>
    public long SupersededTicks { get; set; } = RowFacts.NoTime;

    public bool IsSuperseded => SupersededTicks != RowFacts.NoTime;

    /// <summary>Windows that were never evaluated because too many waited.</summary>
    public long MissedWindows { get; private set; }

    private bool IsTumbling => _options.WindowKind == WindowKind.Tumbling;

    /// <summary>Adds a row; false when it belongs to a window that is closed already.</summary>
    public bool Add(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, long ticks)
    {
        if (IsTumbling && _options.WindowTime is { } time)
        {
            long period = ticks / time.Ticks;
            CloseLateIfOver(ticks);
            if (_late is { } late && period == _latePeriod)
            {
                late.Add(numbers, texts, ticks);
                return true;
            }

            if (period < _period)
                return false;
            if (period > _period)
                MoveTo(period, ticks);
        }

        _window.Add(numbers, texts, ticks);
        if (IsTumbling && _options.WindowTime is null && _window.Seen >= _options.WindowRows)
            Close(partial: false);
        return true;
    }

    /// <summary>Rows were lost: what the window says from now on lacks them.</summary>
    public void MarkIncomplete(long nowTicks)
    {
        _incompleteUntilSeen = _window.Seen + _window.Capacity;
        _incompleteUntilTicks = nowTicks + (_options.WindowTime?.Ticks ?? 0);
    }

    /// <summary>Ends the open window, if it has rows, and the one before it that waits for late ones.</summary>
    public void Close(bool partial)
    {
        CloseLate();
        if (_window.Seen == 0)
            return;
        Enqueue(new ClosedWindow(_window, partial, IsIncomplete(long.MinValue)));
        BeginWindow();
    }

    /// <summary>Closes tumbling windows whose time, that for late rows included, is over although no later row has come.</summary>
    public void CloseIfOver(long nowTicks)
    {
        if (!IsTumbling || _options.WindowTime is not { } time || _period == long.MinValue)
            return;
        CloseLateIfOver(nowTicks);
        if (nowTicks < EndOf(_period))
            return;
        Close(partial: false);

        // What comes for that time from now on is late.
        _period = nowTicks / time.Ticks;
    }

    /// <summary>Takes the windows that wait for evaluation, then the open one as it stands.</summary>
    public List<EvaluationInput> Take(bool withOpen, long nowTicks)
    {
        List<EvaluationInput> inputs = [];
        while (_closed.TryDequeue(out ClosedWindow? closed))
        {
            inputs.Add(new EvaluationInput(this, closed.Rows.Snapshot(), closed.Partial, closed.Incomplete)
            {
                CountsForData = !closed.Partial,
            });
        }

        if (withOpen && (inputs.Count == 0 || !IsTumbling))
            inputs.Add(Look(nowTicks));
        if (inputs.Count > 0)
        {
            inputs[^1] = inputs[^1] with { CountsForError = Errors.Seen > _errorsAtEvaluation, Errors = Errors.Snapshot() };
            _errorsAtEvaluation = Errors.Seen;
        }

        return inputs;
    }

    public bool HasSeenRows => _window.Seen > 0 || _late is not null || _closed.Count > 0 || _period != long.MinValue;

    /// <summary>Whether <see cref="Take"/> would take anything that counts. Of a version without its open window, only what has closed is looked at.</summary>
    public bool HasNews(bool withOpen) => _closed.Count > 0 || (withOpen && (Errors.Seen > _errorsAtEvaluation || HasNewRows));

    private bool HasNewRows => !IsTumbling && _window.Seen - _rowsAtEvaluation >= _options.MinimumNewRows;

    /// <summary>A copy of the open window's rows.</summary>
    public RowSet OpenWindow(long nowTicks) =>
        !IsTumbling && _options.WindowTime is { } time ? _window.Snapshot(sinceTicks: nowTicks - time.Ticks + 1) : _window.Snapshot();

    private EvaluationInput Look(long nowTicks)
    {
        bool counts = HasNewRows;
        if (counts)
            _rowsAtEvaluation = _window.Seen;
        RowSet rows = OpenWindow(nowTicks);
        bool partial = IsTumbling || (_options.WindowTime is null && _window.Seen < _options.WindowRows);
        return new EvaluationInput(this, rows, partial, IsIncomplete(nowTicks)) { CountsForData = counts };
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Serial);
        writer.Write(Digest);
        writer.Write(Profile?.Digest.ToString() ?? ExpectedProfile);
        writer.Write(Baseline is not null);
        Baseline?.Write(ref writer);
        writer.Write(
        [
            SupersededTicks, MissedWindows, _period, _incompleteUntilSeen, _incompleteUntilTicks, _rowsAtEvaluation, _errorsAtEvaluation,
            .. _late is null ? (ReadOnlySpan<long>)[] : [_latePeriod, _lateIncomplete ? 1 : 0],
        ]);
        _late?.Write(ref writer);
        _window.Write(ref writer);
        writer.Write(_closed.Count);
        foreach (ClosedWindow closed in _closed)
        {
            writer.Write(closed.Partial);
            writer.Write(closed.Incomplete);
            closed.Rows.Write(ref writer);
        }

        Errors.Write(ref writer);
        Data.Write(ref writer);
        Error.Write(ref writer);
    }

    public static WatchedVersion Read(ref ByteReader reader, DriftSchema schema, DriftMonitorOptions options)
    {
        WatchedVersion version = new(reader.ReadInt32(), reader.ReadText(), schema, options)
        {
            ExpectedProfile = reader.ReadString(),
            Baseline = reader.ReadBoolean() ? ErrorBaseline.Read(ref reader) : null,
        };
        long[] numbers = reader.ReadInt64s();
        if (numbers.Length is not (7 or 9))
            throw new DriftFormatException("Reading a monitor state: a version's numbers are damaged.");
        (version.SupersededTicks, version.MissedWindows, version._period) = (numbers[0], numbers[1], numbers[2]);
        (version._incompleteUntilSeen, version._incompleteUntilTicks) = (numbers[3], numbers[4]);
        (version._rowsAtEvaluation, version._errorsAtEvaluation) = (numbers[5], numbers[6]);
        if (numbers.Length == 9)
        {
            (version._latePeriod, version._lateIncomplete) = (numbers[7], numbers[8] != 0);
            version._late = version.NewWindow();
            version._late.Read(ref reader);
        }

        version._window.Read(ref reader);
        int closed = reader.ReadCount(2);
        for (int i = 0; i < closed; i++)
        {
            bool partial = reader.ReadBoolean(), incomplete = reader.ReadBoolean();
            RowWindow rows = version.NewWindow();
            rows.Read(ref reader);
            version._closed.Enqueue(new ClosedWindow(rows, partial, incomplete));
        }

        version.Errors.Read(ref reader);
        version.Data.Read(ref reader);
        version.Error.Read(ref reader);
        return version;
    }

    private bool IsIncomplete(long nowTicks)
    {
        // A tumbling window begins unmarked, and no number of later rows brings back what it lost.
        if (IsTumbling)
            return _incompleteUntilSeen > 0;
        return _options.WindowTime is null ? _window.Seen < _incompleteUntilSeen : nowTicks <= _incompleteUntilTicks;
    }

    /// <summary>When a window takes no more rows.</summary>
    private long EndOf(long period) => ((period + 1) * _options.WindowTime!.Value.Ticks) + _options.AllowedLateness.Ticks;

    /// <summary>Opens the window of a later period; the one before it waits for its late rows, where it may.</summary>
    private void MoveTo(long period, long ticks)
    {
        CloseLate();
        if (_window.Seen > 0 && ticks < EndOf(_period))
        {
            (_late, _latePeriod, _lateIncomplete) = (_window, _period, IsIncomplete(long.MinValue));
            BeginWindow();
        }
        else
        {
            Close(partial: false);
        }

        _period = period;
    }

    private void CloseLateIfOver(long nowTicks)
    {
        if (_late is not null && nowTicks >= EndOf(_latePeriod))
            CloseLate();
    }

    private void CloseLate()
    {
        if (_late is not { } late)
            return;
        _late = null;
        Enqueue(new ClosedWindow(late, Partial: false, _lateIncomplete));
    }

    private void Enqueue(ClosedWindow closed)
    {
        if (_closed.Count == MaximumClosed)
        {
            _closed.Dequeue();
            MissedWindows++;
        }

        _closed.Enqueue(closed);
    }

    private void BeginWindow()
    {
        _window = NewWindow();
        _incompleteUntilSeen = 0;
        _rowsAtEvaluation = 0;
    }

    private RowWindow NewWindow()
    {
        bool byRows = _options.WindowTime is null;
        return new RowWindow(
            _schema,
            byRows ? Math.Min(_options.WindowRows, _options.MaximumWindowRows) : _options.MaximumWindowRows,
            IsTumbling ? WindowKeeping.Thinned : WindowKeeping.Latest,
            _options.MaximumCategories);
    }
}
