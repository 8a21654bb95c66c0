using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Mlops.Drift;

/// <summary>The meter <c>Mlops.Drift</c>: gauges of the latest report per monitor and feature, counts per monitor.</summary>
internal sealed class DriftMetrics
{
    public const string MeterName = "Mlops.Drift";

    /// <summary>Features of a monitor beyond this many get no series of their own.</summary>
    public const int MaximumFeatures = 200;

    private const string MonitorTag = "mlops.drift.monitor";
    private const string FeatureTag = "mlops.drift.feature";
    private const string KindTag = "mlops.drift.alert.kind";
    private const string SegmentTag = "mlops.drift.segment";
    private const string RateTag = "mlops.drift.rate";
    private const string DeliveryTag = "mlops.drift.delivery";
    private const string OutcomeTag = "mlops.drift.label.outcome";

    // A factory's meters live as long as it does, and so do their instruments: one set for all its monitors.
    private static readonly ConditionalWeakTable<IMeterFactory, DriftMetrics> OfFactories = [];
    private static readonly Lazy<DriftMetrics> OfProcess = new(() => new DriftMetrics(new Meter(MeterName)));

    private readonly Lock _gate = new();
    private DriftMonitor[] _monitors = [];

    private DriftMetrics(Meter meter)
    {
        meter.CreateObservableGauge("mlops.drift.score", () => OfFeatures(static f => f.Statistic), "1", "The deciding test's statistic.");
        meter.CreateObservableGauge("mlops.drift.p", () => OfFeatures(static f => f.AdjustedPValue), "1", "The p-value adjusted for the number of features.");
        meter.CreateObservableGauge("mlops.drift.effect", () => OfFeatures(static f => f.Effect), "1", "How large the difference is, in the test's unit.");
        meter.CreateObservableGauge("mlops.drift.verdict", () => OfFeatures(static f => (double)f.Verdict), "1", "0 no drift, 1 undecided, 2 drift.");
        meter.CreateObservableGauge("mlops.drift.alert", Alerts, "1", "1 while an alert stands.");
        meter.CreateObservableGauge("mlops.drift.error", () => OfReports(static r => r.Error?.Mean), "1", "The mean error of the latest labelled predictions.");
        meter.CreateObservableGauge("mlops.drift.error.estimated", () => OfReports(static r => r.EstimatedError?.Mean?.Value), "1", "The mean error estimated without labels.");
        meter.CreateObservableGauge("mlops.drift.group.gap", Gaps, "1", "The proven gap of a rate between the groups of a segment column, by rate.");
        meter.CreateObservableCounter("mlops.drift.evaluations.no_reference", () => OfMonitors(static s => s.EvaluationsWithoutReference), "{evaluation}", "Evaluations that had nothing to compare with.");
        meter.CreateObservableCounter("mlops.drift.versions.forgotten", () => OfMonitors(static s => s.ForgottenVersions), "{version}", "Versions forgotten because too many were watched at once.");
        meter.CreateObservableGauge("mlops.drift.labels.kept_share", KeptShares, "1", "The share of predictions that is kept for labels.");
        meter.CreateObservableCounter("mlops.drift.rows", () => OfMonitors(static s => s.Rows), "{row}", "Rows taken in.");
        meter.CreateObservableCounter("mlops.drift.rows.dropped", () => OfMonitors(static s => s.DroppedRows), "{row}", "Rows dropped because the buffer was full.");
        meter.CreateObservableCounter("mlops.drift.rows.failed", () => OfMonitors(static s => s.FailedRows + s.MalformedRows + s.FutureRows), "{row}", "Rows that could not be taken in.");
        meter.CreateObservableCounter("mlops.drift.rows.late", () => OfMonitors(static s => s.LateRows), "{row}", "Rows that came after their window was closed.");
        meter.CreateObservableCounter("mlops.drift.windows.missed", () => OfMonitors(static s => s.MissedWindows), "{window}", "Windows never evaluated because too many waited.");
        meter.CreateObservableCounter("mlops.drift.labels", Labels, "{label}", "Labels by what became of them.");
        meter.CreateObservableCounter("mlops.drift.deliveries.lost", LostDeliveries, "{delivery}", "Alerts and reports that an observer or a reader was never told.");
        meter.CreateObservableUpDownCounter("mlops.drift.predictions.pending", () => OfMonitors(static s => s.Labels.Pending), "{prediction}", "Predictions that wait for a label.");
    }

    public static DriftMetrics For(IMeterFactory? factory) => factory is null
        ? OfProcess.Value
        : OfFactories.GetValue(factory, static factory => new DriftMetrics(factory.Create(MeterName)));

    public void Add(DriftMonitor monitor)
    {
        lock (_gate)
            _monitors = [.. _monitors, monitor];
    }

    public void Remove(DriftMonitor monitor)
    {
        lock (_gate)
            _monitors = [.. _monitors.Where(other => other != monitor)];
    }

    private List<Measurement<double>> OfFeatures(Func<FeatureDrift, double?> value)
    {
        List<Measurement<double>> measurements = [];
        foreach (DriftMonitor monitor in _monitors)
        {
            foreach (FeatureDrift feature in monitor.LastReport?.Features.Take(MaximumFeatures) ?? [])
            {
                if (value(feature) is { } number)
                    measurements.Add(new(number, new(MonitorTag, monitor.Name), new(FeatureTag, feature.Name)));
            }
        }

        return measurements;
    }

    private List<Measurement<int>> Alerts()
    {
        List<Measurement<int>> measurements = [];
        foreach (DriftMonitor monitor in _monitors)
        {
            IReadOnlyList<AlertKind> active = monitor.Status.ActiveAlerts;
            foreach (AlertKind kind in AlertKinds.All)
                measurements.Add(new(active.Contains(kind) ? 1 : 0, new(MonitorTag, monitor.Name), new(KindTag, AlertKinds.TagOf(kind))));
        }

        return measurements;
    }

    private List<Measurement<double>> OfReports(Func<DriftReport, double?> value)
    {
        List<Measurement<double>> measurements = [];
        foreach (DriftMonitor monitor in _monitors)
        {
            if (monitor.LastReport is { } report && value(report) is { } number)
                measurements.Add(new(number, new KeyValuePair<string, object?>(MonitorTag, monitor.Name)));
        }

        return measurements;
    }

    private IEnumerable<Measurement<double>> KeptShares() =>
        [.. _monitors.Select(static monitor => new Measurement<double>(monitor.Status.Labels.KeptShare, new KeyValuePair<string, object?>(MonitorTag, monitor.Name)))];

    private List<Measurement<double>> Gaps()
    {
        List<Measurement<double>> measurements = [];
        foreach (DriftMonitor monitor in _monitors)
        {
            foreach (GroupGap gap in monitor.LastReport?.GroupGaps ?? [])
            {
                if (gap.Value is not null)
                    measurements.Add(new(gap.Lower, new(MonitorTag, monitor.Name), new(SegmentTag, gap.Column), new(RateTag, RateOf(gap.Kind))));
            }
        }

        return measurements;
    }

    private static string RateOf(GroupRateKind kind) => kind switch
    {
        GroupRateKind.Selection => "selection",
        GroupRateKind.TruePositive => "true_positive",
        GroupRateKind.FalsePositive => "false_positive",
        GroupRateKind.Precision => "precision",
        _ => "absolute_error",
    };

    private IEnumerable<Measurement<long>> OfMonitors(Func<MonitorStatus, long> value) =>
        [.. _monitors.Select(monitor => new Measurement<long>(value(monitor.Status), new KeyValuePair<string, object?>(MonitorTag, monitor.Name)))];

    private List<Measurement<long>> LostDeliveries()
    {
        List<Measurement<long>> measurements = [];
        foreach (DriftMonitor monitor in _monitors)
        {
            MonitorStatus status = monitor.Status;
            foreach ((string delivery, long count) in (ReadOnlySpan<(string, long)>)[("alert", status.LostAlerts), ("report", status.LostReports), ("reader", status.MissedAlerts)])
                measurements.Add(new(count, new(MonitorTag, monitor.Name), new(DeliveryTag, delivery)));
        }

        return measurements;
    }

    private List<Measurement<long>> Labels()
    {
        List<Measurement<long>> measurements = [];
        foreach (DriftMonitor monitor in _monitors)
        {
            LabelCounts labels = monitor.Status.Labels;
            foreach ((string outcome, long count) in (ReadOnlySpan<(string, long)>)
                [("joined", labels.Joined - labels.Early), ("early", labels.Early), ("unknown", labels.Unknown), ("expired", labels.Expired), ("duplicate", labels.Duplicate),
                    ("unsampled", labels.Unsampled), ("invalid", labels.Invalid), ("dropped", labels.Dropped)])
            {
                measurements.Add(new(count, new(MonitorTag, monitor.Name), new(OutcomeTag, outcome)));
            }
        }

        return measurements;
    }
}
