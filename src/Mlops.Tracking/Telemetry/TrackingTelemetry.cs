using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Tracking;

/// <summary>Meter and activity source <c>Mlops.Tracking</c>. No tag holds an id or a key: their number has no bound.</summary>
internal sealed class TrackingTelemetry : IDisposable
{
    public const string SourceName = "Mlops.Tracking";
    private const string RunTag = "mlops.run.id";
    private const string StatusTag = "mlops.run.status";
    private const string JournalStepTag = "mlops.tracking.journal.step";
    private const string JournalFolderTag = "mlops.tracking.journal.folder";
    private const string ExperimentTag = "mlops.experiment";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _points;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _journalFailures;
    private readonly Counter<long> _setAside;
    private readonly Counter<long> _recordingFailures;
    private readonly Histogram<double> _flushDuration;

    public TrackingTelemetry(IMeterFactory? factory, Func<long> queueLength, Func<long> journalBytes)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(SourceName) ?? new Meter(SourceName);
        _meter.CreateObservableUpDownCounter("mlops.tracking.queue.length", queueLength, "{item}", "Logged items that wait to be written.");
        _meter.CreateObservableUpDownCounter("mlops.tracking.journal.size", journalBytes, "By", "Bytes of the journal that wait for the database.");
        _dropped = _meter.CreateCounter<long>("mlops.tracking.dropped", "{item}", "Logged items that were dropped.");
        _points = _meter.CreateCounter<long>("mlops.tracking.points", "{point}", "Metric points written.");
        _lost = _meter.CreateCounter<long>("mlops.tracking.runs.lost", "{run}", "Runs ended because their process gave no sign of life.");
        _journalFailures = _meter.CreateCounter<long>("mlops.tracking.journal.failures", "{try}", "Tries to write, open or store a journal that failed.");
        _setAside = _meter.CreateCounter<long>("mlops.tracking.journal.set_aside", "{batch}", "Batches that the store does not take and that were set aside.");
        _recordingFailures = _meter.CreateCounter<long>("mlops.tracking.recordings.failures", "{tick}", "Intervals of recordings in runs of which nothing, or only a part, was logged because that failed.");
        _flushDuration = _meter.CreateHistogram(
            "mlops.tracking.flush.duration", "s", "Time of one write of a run's items, retries included.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 5, 10] });
    }

    /// <summary>Whether anybody listens.</summary>
    public static bool TracesRuns => Source.HasListeners();

    /// <param name="run">The run that starts.</param>
    /// <param name="parent">The activity of the run it belongs to, where this process has that open; linked unless it surrounds the start.</param>
    public static Activity? StartRun(NewRun run, Activity? parent)
    {
        ActivityLink[] links = parent is null || Surrounds(parent) ? [] : [new ActivityLink(parent.Context)];
        Activity? activity = Source.StartActivity($"run {run.Experiment}", ActivityKind.Internal, parentContext: default, tags: null, links);
        activity?.SetTag(ExperimentTag, run.Experiment);
        activity?.SetTag(RunTag, run.Id);
        return activity;
    }

    private static bool Surrounds(Activity activity)
    {
        for (Activity? current = Activity.Current; current is not null; current = current.Parent)
        {
            if (ReferenceEquals(current, activity))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A repeated start has found a run that has another id.</summary>
    public static void Describe(Activity? activity, RunRow run) => activity?.SetTag(RunTag, run.Id);

    public static void End(Activity activity, RunStatus status)
    {
        activity.SetTag(StatusTag, status.ToString());
        activity.SetStatus(status == RunStatus.Finished ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        activity.Stop();
    }

    public void Lost(int runs) => _lost.Add(runs);

    public void JournalFailed(JournalFailure step) => _journalFailures.Add(1, new KeyValuePair<string, object?>(JournalStepTag, step switch
    {
        JournalFailure.Write => "write",
        JournalFailure.Open => "open",
        _ => "store",
    }));

    public void SetAside(string folder) => _setAside.Add(1, new KeyValuePair<string, object?>(JournalFolderTag, folder));

    public void RecordingFailed() => _recordingFailures.Add(1);

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
