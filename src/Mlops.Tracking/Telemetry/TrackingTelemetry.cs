using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Tracking;

/// <summary>Meter and activity source <c>Mlops.Tracking</c>. No tag holds an id or a key: their number has no bound.</summary>
internal sealed class TrackingTelemetry : IDisposable
{
    public const string SourceName = "Mlops.Tracking";
    private const string RunTag = "mlops.run.id";
    private const string StatusTag = "mlops.run.status";
    private const string ExperimentTag = "mlops.experiment";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _points;
    private readonly Histogram<double> _flushDuration;

    public TrackingTelemetry(IMeterFactory? factory, Func<long> queueLength)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(SourceName) ?? new Meter(SourceName);
        _meter.CreateObservableUpDownCounter("mlops.tracking.queue.length", queueLength, "{item}", "Logged items that wait to be written.");
        _dropped = _meter.CreateCounter<long>("mlops.tracking.dropped", "{item}", "Logged items that were dropped.");
        _points = _meter.CreateCounter<long>("mlops.tracking.points", "{point}", "Metric points written.");
        _flushDuration = _meter.CreateHistogram(
            "mlops.tracking.flush.duration", "s", "Time of one write of a run's items, retries included.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 5, 10] });
    }

    public static Activity? StartRun(NewRun run)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? activity = Source.StartActivity($"run {run.Experiment}");
        activity?.SetTag(ExperimentTag, run.Experiment);
        activity?.SetTag(RunTag, run.Id);
        return activity;
    }

    /// <summary>A repeated start has found a run that has another id.</summary>
    public static void Describe(Activity? activity, RunRow run) => activity?.SetTag(RunTag, run.Id);

    public static void End(Activity activity, RunStatus status)
    {
        activity.SetTag(StatusTag, status.ToString());
        activity.SetStatus(status == RunStatus.Finished ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        activity.Stop();
    }

    public void Dropped(long items) => _dropped.Add(items);

    public void Flushed(int points, TimeSpan duration)
    {
        _points.Add(points);
        _flushDuration.Record(duration.TotalSeconds);
    }

    public void Dispose()
    {
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }
}
