namespace Mlops.Drift;

/// <summary>
/// Watches the rows and labels of a live service. Observing never throws and never waits for an evaluation; evaluating compares the window
/// with the reference of the served model version. Thread-safe.
/// </summary>
/// <remarks>
/// <para>This form takes rows as spans; <see cref="DriftMonitor{T}"/> reads them from objects.</para>
/// <para>
/// Observing copies the row or label into a block, under a lock that observing threads share and hold for as long as the copy takes. The
/// call that fills a block (256 rows or labels) takes up to four full blocks into the windows on its own thread, unless another thread holds the
/// windows; then they wait for the next one. That call costs 256 times what a row costs, and up to 1 024 times while a backlog that an evaluation left
/// shrinks. At most <see cref="DriftMonitorOptions.MaximumBufferedRows"/> wait; rows beyond are dropped and counted. Nothing
/// is allocated once blocks, windows and pending predictions have their size.
/// </para>
/// </remarks>
public partial class DriftMonitor : IDisposable
{
    private const int MaximumNameLength = 128;
    private const int MaximumBlocksPerCall = 4;

    private readonly DriftMonitorServices _services;
    private readonly DriftMonitorOptions _options;
    private readonly DriftMetrics _metrics;
    private readonly ObservationClock _clock;
    private readonly ObservationBuffer _buffer;
    private readonly SemaphoreSlim _evaluating = new(1, 1);
    private readonly AlertHub _hub;

    // Guards the engine. Observing threads never wait for it: they try, and leave their block to whoever holds it.
    private readonly Lock _gate = new();
    private MonitorEngine _engine;
    private DriftReport? _lastReport;
    private long _failedRows;
    private long _malformedRows;
    private long _futureRows;
    private int _failureLogged;
    private bool _isHeld;
    private bool _disposed;

    /// <summary>Creates a monitor; it works alone and needs no host.</summary>
    /// <param name="name">Names the monitor in alerts, metrics and the store, 1 to 128 characters.</param>
    /// <param name="schema">The columns.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="services">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The name is empty, or an option is out of range.</exception>
    public DriftMonitor(string name, DriftSchema schema, DriftMonitorOptions? options = null, DriftMonitorServices? services = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaximumNameLength)
            throw new ArgumentException($"A monitor's name has at most {MaximumNameLength} characters, got {name.Length}.", nameof(name));
        ArgumentNullException.ThrowIfNull(schema);
        Name = name;
        Schema = schema;
        _options = options?.Copy() ?? new DriftMonitorOptions();
        _options.Validate();
        RequireGroups(name, schema, _options);
        _services = services ?? new DriftMonitorServices();
        _clock = new ObservationClock(_services.TimeProvider);
        _buffer = new ObservationBuffer(schema, _options.MaximumBufferedRows);
        _engine = new MonitorEngine(schema, _options);
        _hub = new AlertHub(_services, name, _options.ObserverTimeout);
        _metrics = _services.Metrics ?? DriftMetrics.For(_services.MeterFactory);
        _metrics.Add(this);
    }

    /// <summary>The monitor's name.</summary>
    public string Name { get; }

    /// <summary>The columns.</summary>
    public DriftSchema Schema { get; }

    /// <summary>The monitor's state at this moment. Takes in what was observed before.</summary>
    public MonitorStatus Status
    {
        get
        {
            lock (_gate)
            {
                Drain();
                return new MonitorStatus
                {
                    Monitor = Name,
                    ModelVersion = _engine.Active.PublicDigest,
                    HasReference = _engine.Active.Profile is not null,
                    Rows = _engine.Rows,
                    DroppedRows = _buffer.DroppedRows,
                    FailedRows = Interlocked.Read(ref _failedRows),
                    MalformedRows = Interlocked.Read(ref _malformedRows),
                    FutureRows = Interlocked.Read(ref _futureRows),
                    LateRows = _engine.LateRows,
                    MissedWindows = _engine.MissedWindows,
                    ForgottenVersions = _engine.ForgottenVersions,
                    EvaluationsWithoutReference = _engine.WithoutReference,
                    IsWaitingForState = _isHeld,
                    HasUndelivered = _hub.HasUndelivered,
                    LostAlerts = _hub.LostAlerts,
                    LostReports = _hub.LostReports,
                    MissedAlerts = _hub.MissedAlerts,
                    Labels = _engine.Labels(_buffer.DroppedLabels),
                    ActiveAlerts = ActiveAlerts(),
                    LastReport = _lastReport,
                };
            }
        }
    }

    internal TimeSpan EvaluationInterval => _options.EvaluationInterval;

    internal DriftReport? LastReport => Volatile.Read(ref _lastReport);

    internal bool HasNews
    {
        get
        {
            lock (_gate)
            {
                Drain();
                _engine.Active.CloseIfOver(_engine.Now(_services.TimeProvider));
                return _engine.Versions.Any(version => version.HasNews(withOpen: version == _engine.Active));
            }
        }
    }

    /// <summary>Whether an observer still lacks an alert or a report.</summary>
    internal bool HasUndelivered => _hub.HasUndelivered;

    /// <summary>Whether an observer lacks one and need not wait.</summary>
    internal bool HasDue => _hub.HasDue;

    /// <summary>
    /// Makes a model version the live one, with its own reference and error baseline. What its predecessor saw ends as a partial window,
    /// its alerts are cleared, and its late labels are still joined. Repeating the live version only updates its reference.
    /// </summary>
    /// <param name="modelVersion">The version's digest.</param>
    /// <param name="profile">Its reference; null to keep the one known, or to ask <see cref="IReferenceSource"/> at the next evaluation.</param>
    /// <param name="errorBaseline">How wrong it is when all is well; null as for the profile.</param>
    /// <remarks>Readers of <see cref="ReadAlertsAsync"/> hear of cleared alerts at once, observers at the next evaluation.</remarks>
    /// <exception cref="ArgumentException">The profile has other columns, or belongs to another version; a baseline is given and the schema has no prediction.</exception>
    public void Activate(string modelVersion, ReferenceProfile? profile = null, ErrorBaseline? errorBaseline = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelVersion);
        ServedReference reference = new(profile, errorBaseline);
        RequireFit(modelVersion, reference, errorBaseline is null ? nameof(profile) : nameof(errorBaseline));
        Serve(modelVersion, reference);
    }

    /// <inheritdoc cref="Activate(string, ReferenceProfile?, ErrorBaseline?)"/>
    /// <param name="modelVersion">The version's digest.</param>
    /// <param name="reference">Its reference; what is null in it is kept as it is known, or asked of <see cref="IReferenceSource"/> at the next evaluation.</param>
    public void Activate(string modelVersion, ServedReference reference)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelVersion);
        ArgumentNullException.ThrowIfNull(reference);
        RequireFit(modelVersion, reference, nameof(reference));
        Serve(modelVersion, reference);
    }

    private void Serve(string modelVersion, ServedReference reference)
    {
        bool isUnwatched;
        lock (_gate)
        {
            Drain();
            WatchedVersion? previous = _engine.Activate(modelVersion, reference);
            if (previous is not null)
                ClearAlerts(previous, "another model version is served");
            isUnwatched = _options.ErrorDetector != ErrorDetectorKind.None && _engine.Active is { Baseline: not null, Change: null };
        }

        DriftLog.VersionActivated(_services.Logger, Name, modelVersion, reference.Profile is not null);
        if (isUnwatched)
            DriftLog.DetectorUnfit(_services.Logger, Name, _options.ErrorDetector, modelVersion);
    }

    /// <summary>Sends alerts and reports to one more observer.</summary>
    public void AddObserver(IDriftObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        _hub.Add(observer);
    }

    /// <summary>
    /// The alerts from this call on, until the monitor is disposed or the token cancelled. Every reader gets every alert; one that
    /// falls 256 behind loses the oldest, which <see cref="MonitorStatus.MissedAlerts"/> counts. Each call is one reader: enumerate it once.
    /// </summary>
    public IAsyncEnumerable<DriftAlert> ReadAlertsAsync(CancellationToken cancellationToken = default) => _hub.ReadAsync(cancellationToken);

    /// <summary>Ends the streams of alerts and the monitor's metrics. Observing afterwards does nothing useful, but no harm.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected virtual void Dispose(bool disposing)
    {
        if (_disposed || !disposing)
            return;
        _disposed = true;
        _metrics.Remove(this);

        // An evaluation that runs still releases its semaphore, which has nothing to dispose of.
        _hub.Complete();
    }

    private static void RequireGroups(string name, DriftSchema schema, DriftMonitorOptions options)
    {
        if (options.GroupGaps is null)
            return;
        int columns = GroupWatch.SegmentsOf(schema).Length;
        if (schema.PredictionSlot < 0 || columns is 0 or > GroupWatch.MaximumColumns)
        {
            throw new ArgumentException(
                $"Monitor '{name}' cannot compare groups: that needs a prediction and 1 to {GroupWatch.MaximumColumns} segment columns; its schema has {columns} of these. "
                + "Declare them, or leave GroupGaps out.", nameof(options));
        }
    }

    private void RequireFit(string modelVersion, ServedReference reference, string parameter)
    {
        if (DifferenceFrom(reference) is var (what, difference))
            throw new ArgumentException($"The {what} does not fit monitor '{Name}': {difference}.", parameter);
        if (Schema.PredictionSlot < 0 && (reference.ErrorBaseline is not null || reference.PerformanceEstimator is not null))
            throw new ArgumentException($"Monitor '{Name}' has no prediction whose errors could be compared or estimated; declare Prediction(...) in its schema, or leave error baseline and estimator out.", parameter);
        if (reference.ErrorBaseline?.Flaw is { } flaw)
            throw new ArgumentException($"The error baseline for monitor '{Name}' is of no use: {flaw}.", parameter);
        if (reference.Profile?.ModelVersion is { } bound && bound != modelVersion)
            throw new ArgumentException($"The profile belongs to model version '{bound}', not to '{modelVersion}'; use ForModelVersion if it serves both.", parameter);
    }

    private (string What, string Difference)? DifferenceFrom(ServedReference reference)
    {
        if (reference.Profile is { } profile && Schema.DifferenceFrom(profile.Schema) is { } ofProfile)
            return ("profile", ofProfile);
        return reference.LossEstimator is { } estimator && Schema.DifferenceFrom(estimator.Schema) is { } ofEstimator ? ("loss estimator", ofEstimator) : null;
    }

    private AlertKind[] ActiveAlerts() =>
        [.. _engine.Active.Alerts.Where(static tracker => tracker.ActiveId is not null).Select(static tracker => tracker.Kind)];

    private void ClearAlerts(WatchedVersion version, string reason)
    {
        long now = _engine.Now(_services.TimeProvider);
        foreach (AlertTracker tracker in version.Alerts)
        {
            if (tracker.ActiveId is { } id)
            {
                _hub.Publish(Clearing(version, tracker, id, now, reason));
                DriftLog.AlertCleared(_services.Logger, Name, tracker.Kind, id);
            }

            tracker.Restart();
        }
    }

    private DriftAlert Clearing(WatchedVersion version, AlertTracker tracker, string id, long now, string reason)
    {
        DriftAlert alert = new()
        {
            Id = id,
            Monitor = Name,
            ModelVersion = version.PublicDigest,
            Kind = tracker.Kind,
            Change = AlertChange.Cleared,
            Severity = tracker.Severity,
            Occurrence = tracker.Occurrence,
            At = new DateTimeOffset(now, TimeSpan.Zero),
            Reason = reason,
        };
        tracker.Clear(now);
        return alert;
    }
}
