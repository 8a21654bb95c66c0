namespace Mlops.Drift;

/// <summary>How a monitor watches. Section <c>Mlops:Drift:{name}</c> when it is bound.</summary>
public sealed class DriftMonitorOptions
{
    /// <summary>Rows of a window, 10 to 100 000 000; default 2 000. Not used when <see cref="WindowTime"/> is set.</summary>
    public int WindowRows { get; set; } = 2_000;

    /// <summary>Duration of a window, 1 s to 3 660 days; tumbling ones begin at multiples of it since the year 1 (UTC). Null (default) for windows by rows.</summary>
    public TimeSpan? WindowTime { get; set; }

    /// <summary>Sliding (default) or tumbling.</summary>
    public WindowKind WindowKind { get; set; }

    /// <summary>
    /// How far the time of a row may lie ahead of the clock, 0 to 36 600 days; default 1 day. Rows beyond are counted (<see cref="MonitorStatus.FutureRows"/>) and left
    /// out: time only moves forward here, so a single one would make all others late.
    /// </summary>
    public TimeSpan MaximumRowLead { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a tumbling window by time stays open for late rows after its end, at most its own length; default 0, and 0 for other windows. Rows that come later still are counted
    /// (<see cref="MonitorStatus.LateRows"/>) and left out.
    /// </summary>
    public TimeSpan AllowedLateness { get; set; }

    /// <summary>
    /// Rows kept in memory per window, 10 to 10 000 000; default 100 000. Tumbling windows with more keep a sample; sliding ones keep
    /// the latest, and one by rows must not be longer.
    /// </summary>
    public int MaximumWindowRows { get; set; } = 100_000;

    /// <summary>Rows that must have come since the last evaluation before another one counts for alerts; 1 to 100 000 000, default 1.</summary>
    public int MinimumNewRows { get; set; } = 1;

    /// <summary>Whether a window is compared with the reference's part of the same season, where the reference has parts; default true.</summary>
    public bool SeasonMatched { get; set; } = true;

    /// <summary>Categories told apart per column and window, 10 to 1 000 000; default 1 000. Further ones count together.</summary>
    public int MaximumCategories { get; set; } = 1_000;

    /// <summary>Rows that may wait to be taken in while an evaluation copies the window or a host cannot read the stored state yet, 256 to 16 777 216; default 65 536. Beyond, rows are dropped and counted.</summary>
    public int MaximumBufferedRows { get; set; } = 65_536;

    /// <summary>Predictions that wait for a label, 100 to 100 000 000; default 1 000 000. Beyond, a share chosen by the key's hash is kept.</summary>
    public int MaximumPendingPredictions { get; set; } = 1_000_000;

    /// <summary>How long a prediction waits for its label, and a superseded version for its last ones, 1 s to 3 660 days; default 30 days.</summary>
    public TimeSpan MaximumLabelDelay { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How wrong one prediction is, where the baseline does not say; default the absolute error.</summary>
    public ErrorMeasure ErrorMeasure { get; set; }

    /// <summary>A prediction at or above it announces that it happens, where the baseline does not say; default 0.5. For misclassification and the metrics of classification.</summary>
    public double DecisionThreshold { get; set; } = 0.5;

    /// <summary>What watches the errors one by one, as labels come; default nothing. A change it finds is an alert of kind <see cref="AlertKind.ErrorChange"/>.</summary>
    public ErrorDetectorKind ErrorDetector { get; set; }

    /// <summary>Labels that shall pass on average between two false alarms of the detector, where it can promise that; 100 to 1e9, default 10 000.</summary>
    public double ErrorDetectorRunLength { get; set; } = 10_000;

    /// <summary>Compares groups by the schema's segment columns, of which there may be up to six; null (default) not to. Needs a prediction.</summary>
    public GroupGapOptions? GroupGaps { get; set; }

    /// <summary>
    /// The false discovery rate over the monitor's life, strictly between 0 and 1; null (default) not to control it. Drift of the data then counts for alerts only where e-LOND
    /// (Xu and Ramdas 2024) discovers it as well, under any dependence between evaluations: false alarms cease to add up, and a first drift must be the plainer the later it comes.
    /// </summary>
    public double? FalseDiscoveryRateOverTime { get; set; }

    /// <summary>Labelled predictions in the error window, 8 to 10 000 000; default 1 000.</summary>
    public int ErrorWindowRows { get; set; } = 1_000;

    /// <summary>When a difference of the data counts.</summary>
    public DriftThresholds Thresholds { get; set; } = new();

    /// <summary>When a larger error counts.</summary>
    public ErrorThresholds ErrorThresholds { get; set; } = new();

    /// <summary>How verdicts on the data become alerts.</summary>
    public AlertRule DataAlerts { get; set; } = new();

    /// <summary>How verdicts on the error become alerts.</summary>
    public AlertRule ErrorAlerts { get; set; } = new();

    /// <summary>How changes found by the detector become alerts; raised at once by default, cleared after two evaluations without one.</summary>
    public AlertRule ErrorChangeAlerts { get; set; } = new() { Confirmations = 1 };

    /// <summary>How proven gaps between groups become alerts; raised at once by default, since the intervals hold at all times.</summary>
    public AlertRule GroupGapAlerts { get; set; } = new() { Confirmations = 1 };

    /// <summary>How verdicts on the estimated error become alerts.</summary>
    public AlertRule EstimatedErrorAlerts { get; set; } = new();

    /// <summary>
    /// How often a hosted monitor evaluates, 1 s to 1 day; default 1 min. It skips evaluations for which there are neither
    /// <see cref="MinimumNewRows"/> new rows (tumbling: a window that ended) nor a new label of the live version.
    /// </summary>
    public TimeSpan EvaluationInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a hosted monitor's stored reports are kept, and its alerts after they were cleared, 1 min to 36 600 days; default 90 days, null
    /// for ever. Older ones are deleted when a report is stored, a hundred of each at most. Reports of history that is replayed are as old as its rows say.
    /// </summary>
    public TimeSpan? ReportRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long one observer may take for one alert or report, 1 ms to 1 h; default 30 s.</summary>
    public TimeSpan ObserverTimeout { get; set; } = TimeSpan.FromSeconds(30);

    internal AlertRule AlertsOf(AlertKind kind) => kind switch
    {
        AlertKind.Data => DataAlerts,
        AlertKind.Error => ErrorAlerts,
        AlertKind.ErrorChange => ErrorChangeAlerts,
        AlertKind.GroupGap => GroupGapAlerts,
        _ => EstimatedErrorAlerts,
    };

    /// <summary>What later changes do not reach.</summary>
    internal DriftMonitorOptions Copy() => (DriftMonitorOptions)MemberwiseClone();

    internal void Validate()
    {
        Require.InRange(WindowRows, 10, 100_000_000, nameof(WindowRows));
        Require.InRange(MaximumWindowRows, 10, 10_000_000, nameof(MaximumWindowRows));
        Require.InRange(MinimumNewRows, 1, 100_000_000, nameof(MinimumNewRows));
        Require.InRange(MaximumCategories, 10, 1_000_000, nameof(MaximumCategories));
        Require.InRange(MaximumBufferedRows, ObservationBlock.Capacity, 16_777_216, nameof(MaximumBufferedRows));
        Require.InRange(MaximumPendingPredictions, 100, 100_000_000, nameof(MaximumPendingPredictions));
        Require.InRange(ErrorWindowRows, 8, 10_000_000, nameof(ErrorWindowRows));
        Require.InRange(MaximumLabelDelay, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_660), nameof(MaximumLabelDelay));
        Require.InRange(EvaluationInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(EvaluationInterval));
        Require.InRange(ObserverTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), nameof(ObserverTimeout));
        Require.InRange(MaximumRowLead, TimeSpan.Zero, TimeSpan.FromDays(36_600), nameof(MaximumRowLead));
        if (ReportRetention is { } retention)
            DriftStore.RequireRetention(retention, nameof(ReportRetention));
        if (WindowTime is { } time)
            Require.InRange(time, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_660), nameof(WindowTime));
        // Only windows that end have rows that are late.
        Require.InRange(AllowedLateness, TimeSpan.Zero, WindowKind == WindowKind.Tumbling ? WindowTime ?? TimeSpan.Zero : TimeSpan.Zero, nameof(AllowedLateness));
        if (WindowTime is null && WindowKind == WindowKind.Sliding)
            Require.InRange(MaximumWindowRows, WindowRows, 10_000_000, nameof(MaximumWindowRows));
        Require.Defined(WindowKind, nameof(WindowKind));
        Require.Defined(ErrorMeasure, nameof(ErrorMeasure));
        Require.Number(DecisionThreshold, nameof(DecisionThreshold));
        Require.Defined(ErrorDetector, nameof(ErrorDetector));
        Require.InRange(ErrorDetectorRunLength, 100, 1e9, nameof(ErrorDetectorRunLength));
        if (FalseDiscoveryRateOverTime is { } rate)
            Require.Level(rate, 1, nameof(FalseDiscoveryRateOverTime));
        GroupGaps?.Validate();
        Thresholds.Validate();
        ErrorThresholds.Validate();
        DataAlerts.Validate(nameof(DataAlerts));
        ErrorAlerts.Validate(nameof(ErrorAlerts));
        ErrorChangeAlerts.Validate(nameof(ErrorChangeAlerts));
        GroupGapAlerts.Validate(nameof(GroupGapAlerts));
        EstimatedErrorAlerts.Validate(nameof(EstimatedErrorAlerts));
    }
}
