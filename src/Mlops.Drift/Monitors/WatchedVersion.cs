using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Everything a monitor knows of one model version. Rows and labels of one version never mix with another's.</summary>
internal sealed partial class WatchedVersion
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

    // Tumbling windows are numbered, so that labels find theirs.
    private int _number;
    private int _lateNumber;

    public WatchedVersion(int serial, string digest, DriftSchema schema, DriftMonitorOptions options)
    {
        Serial = serial;
        Digest = digest;
        _schema = schema;
        _options = options;
        _window = NewWindow();
        Errors = new ErrorWindow(options.ErrorWindowRows);
        Ledger = new WindowLedger(options.ErrorWindowRows);
        Groups = options.GroupGaps is { } gaps ? new GroupWatch(schema, gaps) : null;
        Change = ErrorChangeWatch.For(options, null);
        OverTime = options.FalseDiscoveryRateOverTime is { } rate ? new ELond(rate) : null;
    }

    /// <summary>Counts versions of a monitor; pending predictions refer to it.</summary>
    public int Serial { get; }

    /// <summary>Empty while the monitor was told of no version.</summary>
    public string Digest { get; }

    public string? PublicDigest => Digest.Length == 0 ? null : Digest;

    public ReferenceProfile? Profile { get; set; }

    /// <summary>The stored profile's digest, until the profile itself is known again.</summary>
    public string? ExpectedProfile { get; set; }

    public ErrorBaseline? Baseline { get; private set; }

    public LossEstimator? LossEstimator { get; private set; }

    public PerformanceEstimator? PerformanceEstimator { get; private set; }

    public ServedReference Reference => new(Profile, Baseline) { LossEstimator = LossEstimator, PerformanceEstimator = PerformanceEstimator };

    public ErrorWindow Errors { get; }

    /// <summary>The errors of ended windows; empty for sliding ones.</summary>
    public WindowLedger Ledger { get; }

    public GroupWatch? Groups { get; }

    /// <summary>Whether the groups that waiting predictions name are still those of <see cref="Groups"/>; true but for a restored version that began afresh.</summary>
    public bool HasOldGroups { get; private set; } = true;

    public ErrorChangeWatch? Change { get; private set; }

    /// <summary>Decides which drifts are discoveries over the version's life; null where that is not controlled.</summary>
    public ELond? OverTime { get; }

    /// <summary>One alert of each kind.</summary>
    public AlertTracker[] Alerts { get; } = Array.ConvertAll(AlertKinds.All, static kind => new AlertTracker(kind));

    /// <summary>Evaluations that had nothing to compare with, since the process began.</summary>
    public long EvaluationsWithoutReference { get; set; }

    /// <summary>When another version took over, or <see cref="RowFacts.NoTime"/>.</summary>
    public long SupersededTicks { get; set; } = RowFacts.NoTime;

    public bool IsSuperseded => SupersededTicks != RowFacts.NoTime;

    /// <summary>Windows that were never evaluated because too many waited.</summary>
    public long MissedWindows { get; private set; }

    private bool IsTumbling => _options.WindowKind == WindowKind.Tumbling;

    /// <summary>Sets the reference, as far as it is given. Another baseline begins another series for the detector of changes.</summary>
    public void SetReference(ServedReference reference)
    {
        Profile = reference.Profile ?? Profile;
        LossEstimator = reference.LossEstimator ?? LossEstimator;
        PerformanceEstimator = reference.PerformanceEstimator ?? PerformanceEstimator;
        if (reference.ErrorBaseline is not { } baseline || baseline == Baseline)
            return;
        Baseline = baseline;
        Change = ErrorChangeWatch.For(_options, baseline);
    }

    /// <summary>The label of one of this version's predictions has come.</summary>
    public void Join(in PendingPrediction prediction, double actual, long nowTicks)
    {
        Errors.Add(prediction.Prediction, actual);
        if (!double.IsFinite(prediction.Prediction) || !double.IsFinite(actual))
            return;
        Change?.Add(prediction.Prediction, actual, nowTicks);
        Groups?.ObserveOutcome(prediction.Groups, prediction.Prediction, actual);
        if (prediction.Window >= 0)
            Ledger.AddLabel(prediction.Window, prediction.Prediction, actual);
    }

    /// <summary>Adds a row; answers false when it belongs to a window that is closed already.</summary>
    /// <param name="numbers">By numeric slot.</param>
    /// <param name="texts">By categorical slot.</param>
    /// <param name="ticks">When it happened.</param>
    /// <param name="number">The number of the tumbling window that took it, else -1.</param>
    public bool Add(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, long ticks, out int number)
    {
        number = -1;
        if (IsTumbling && _options.WindowTime is { } time)
        {
            long period = ticks / time.Ticks;
            CloseLateIfOver(ticks);
            if (_late is { } late && period == _latePeriod)
            {
                late.Add(numbers, texts, ticks);
                number = Number(_lateNumber, ticks);
                return true;
            }

            if (period < _period)
                return false;
            if (period > _period)
                MoveTo(period, ticks);
        }

        _window.Add(numbers, texts, ticks);
        if (IsTumbling)
            number = Number(_number, ticks);
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
            inputs[^1] = inputs[^1] with
            {
                CountsForError = Errors.Seen > _errorsAtEvaluation,
                Errors = Errors.Snapshot(),
                Change = Change?.Take(),
                Gaps = Groups?.Take() ?? [],
            };
            _errorsAtEvaluation = Errors.Seen;
        }

        return inputs;
    }

    /// <summary>Ended windows for which labels have come since they were judged.</summary>
    public List<(LabelledWindow Window, long Labelled, double[] Predictions, double[] Actuals)> TakeLabelled() => Ledger.Take(FirstOpen);

    // Of a version that was superseded no window takes rows any more.
    private int FirstOpen => IsSuperseded ? int.MaxValue : _late is null ? _number : _lateNumber;

    private int Number(int number, long ticks)
    {
        if (_schema.PredictionSlot >= 0)
            Ledger.AddRow(number, ticks);
        return number;
    }

    public bool HasSeenRows => _window.Seen > 0 || _late is not null || _closed.Count > 0 || _period != long.MinValue;

    /// <summary>Whether <see cref="Take"/> would take anything that counts. Of a version without its open window, only what has closed is looked at.</summary>
    public bool HasNews(bool withOpen) => _closed.Count > 0
        || (withOpen && (Errors.Seen > _errorsAtEvaluation || HasNewRows || Ledger.HasNews(FirstOpen) || Groups is { HasNews: true }));

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
            (_late, _latePeriod, _lateIncomplete, _lateNumber) = (_window, _period, IsIncomplete(long.MinValue), _number);
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
        _number++;
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
