using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Serving;

/// <summary>Meter and activity source <c>Mlops.Serving</c>. Tag values are registered names and enumerations only.</summary>
internal sealed class ServingTelemetry : IDisposable
{
    public const string SourceName = "Mlops.Serving";
    private const string ModelTag = "mlops.model";
    private const string VersionTag = "mlops.model.version";
    private const string DigestTag = "mlops.model.digest";
    private const string ErrorTag = "error.type";
    private const string ShedTag = "mlops.serving.shed.reason";
    private const string DecisionTag = "mlops.serving.rollout.decision";
    private const string RowsTag = "mlops.serving.run.rows";
    private const string QueueTag = "mlops.serving.queue.duration";
    private static readonly ActivitySource Source = new(SourceName);
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _swaps;
    private readonly Counter<long> _loadErrors;
    private readonly Counter<long> _observerErrors;
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _shed;
    private readonly Histogram<int> _runRows;
    private readonly Histogram<double> _queueDuration;
    private readonly Counter<long> _decisions;
    private ImmutableArray<ModelExecutor> _executors = [];
    private readonly Counter<long> _shadowRows;
    private readonly Counter<long> _shadowDrops;
    private ImmutableArray<Rollout> _rollouts = [];
    private ImmutableArray<Shadow> _shadows = [];

    public ServingTelemetry(IMeterFactory? factory)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(SourceName) ?? new Meter(SourceName);
        _duration = _meter.CreateHistogram(
            "mlops.serving.request.duration", "s", "Time from the call of a predictor to its answer; its count is the number of requests.", tags: null,
            Durations);
        _errors = _meter.CreateCounter<long>("mlops.serving.request.errors", "{request}", "Requests that failed, by error.type.");
        _swaps = _meter.CreateCounter<long>("mlops.serving.swaps", "{swap}", "Versions put into service.");
        _loadErrors = _meter.CreateCounter<long>("mlops.serving.load.errors", "{load}", "Versions refused, by error.type.");
        _observerErrors = _meter.CreateCounter<long>("mlops.serving.observer.errors", "{prediction}", "Predictions and outcomes that an observer failed to take.");
        _outcomes = _meter.CreateCounter<long>("mlops.serving.outcomes", "{outcome}", "Outcomes of predictions that were recorded.");
        _shed = _meter.CreateCounter<long>("mlops.serving.shed", "{request}", "Requests refused because they could not be answered in time, by mlops.serving.shed.reason.");
        _runRows = _meter.CreateHistogram(
            "mlops.serving.run.rows", "{row}", "Rows of the runs of requests that waited.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });
        _queueDuration = _meter.CreateHistogram("mlops.serving.queue.duration", "s", "Time that the oldest request of a run waited.", tags: null, Durations);
        _meter.CreateObservableGauge("mlops.serving.batching.mode", () => Observe(static (ModelExecutor executor) => (int)executor.Batching.Mode), "1", "0 each request alone, 1 finding out, 2 sharing runs.");
        _meter.CreateObservableGauge("mlops.serving.batching.gain", () => Observe(static (ModelExecutor executor) => executor.Batching.Gain), "1", "How many times as fast a row is in a shared run, hand-over included, by the last judgement.");
        _meter.CreateObservableGauge("mlops.serving.queue.rows", () => Observe(static (ModelExecutor executor) => executor.QueuedRows), "{row}", "Rows that wait.");
        _decisions = _meter.CreateCounter<long>("mlops.serving.rollout.decisions", "{decision}", "Candidates promoted, rolled back or superseded, by mlops.serving.rollout.decision.");
        _meter.CreateObservableGauge("mlops.serving.rollout.state", () => Observe(static (Rollout rollout) => (int)rollout.State), "1", "0 nothing to try out, 1 running, 2 promoted, 3 rolled back, 4 superseded.");
        _meter.CreateObservableGauge("mlops.serving.rollout.share", () => Observe(static (Rollout rollout) => rollout.Share), "1", "Share of the keys that the candidate answers.");
        _shadowRows = _meter.CreateCounter<long>("mlops.serving.shadow.rows", "{row}", "Rows that were computed in the shadow and compared.");
        _shadowDrops = _meter.CreateCounter<long>("mlops.serving.shadow.dropped", "{request}", "Requests that were not compared, because too many waited or they were too long.");
        _meter.CreateObservableGauge("mlops.serving.shadow.agreement", () => _shadows.Where(static shadow => shadow.Verdict?.Agreement is not null).Select(static shadow => new Measurement<double>(
            shadow.Verdict!.Agreement!.Value, new KeyValuePair<string, object?>(ModelTag, shadow.Model))), "1", "Share of the rows on which the shadow agrees.");
        _meter.CreateObservableGauge("mlops.serving.slots.lost", () => Observe(static (ModelExecutor executor) => executor.LostSlots), "{slot}", "Runs that did not end when they were asked to, and still have not.");
    }

    public void RecordDecision(string model, RolloutState decision) => _decisions.Add(1, new(ModelTag, model), new(DecisionTag, decision.ToString()));

    /// <summary>Shows where a rollout is, for good.</summary>
    public void Watch(Rollout rollout) => ImmutableInterlocked.Update(ref _rollouts, static (all, one) => all.Add(one), rollout);

    /// <summary>Shows what a shadow has found, for good.</summary>
    public void Watch(Shadow shadow) => ImmutableInterlocked.Update(ref _shadows, static (all, one) => all.Add(one), shadow);

    public void RecordShadowRows(string model, int rows) => _shadowRows.Add(rows, new KeyValuePair<string, object?>(ModelTag, model));

    public void RecordShadowDrop(string model) => _shadowDrops.Add(1, new KeyValuePair<string, object?>(ModelTag, model));

    public bool RecordsRequests => _duration.Enabled || _errors.Enabled;

    public static Activity? StartPrediction(string model) => Start("predict", model);

    public static Activity? StartLoad(string model) => Start("load", model);

    /// <summary>The call goes on without the caller, whose activity is again the one around it.</summary>
    public static void Leave(Activity? activity)
    {
        if (activity is not null)
            Activity.Current = activity.Parent;
    }

    public static void Describe(Activity? activity, ServedVersion version)
    {
        activity?.SetTag(VersionTag, version.Number);
        activity?.SetTag(DigestTag, version.Digest);
    }

    /// <summary>How a call ran, where it waited.</summary>
    public static void Describe(Activity? activity, ServedVersion version, CallAnswer answer, TimeProvider time)
    {
        Describe(activity, version);
        activity?.SetTag(RowsTag, answer.RunRows);
        activity?.SetTag(QueueTag, answer.QueueTicks / (double)time.TimestampFrequency);
    }

    public static void Describe(Activity? activity, Exception exception)
    {
        activity?.SetTag(ErrorTag, ErrorType(exception));
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    public void RecordRequest(string model, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(ModelTag, model));

    public void RecordFailure(string model, TimeSpan duration, Exception exception)
    {
        var modelTag = new KeyValuePair<string, object?>(ModelTag, model);
        var errorTag = new KeyValuePair<string, object?>(ErrorTag, ErrorType(exception));
        _duration.Record(duration.TotalSeconds, modelTag, errorTag);
        _errors.Add(1, modelTag, errorTag);
    }

    public void RecordShed(string model, ShedReason reason) => _shed.Add(1, new(ModelTag, model), new(ShedTag, NameOf(reason)));

    public void RecordRun(string model, int rows, TimeSpan waited)
    {
        var tag = new KeyValuePair<string, object?>(ModelTag, model);
        _runRows.Record(rows, tag);
        _queueDuration.Record(waited.TotalSeconds, tag);
    }

    /// <summary>Shows what an executor does until <see cref="Unwatch"/>.</summary>
    public void Watch(ModelExecutor executor) => ImmutableInterlocked.Update(ref _executors, static (all, one) => all.Add(one), executor);

    public void Unwatch(ModelExecutor executor) => ImmutableInterlocked.Update(ref _executors, static (all, one) => all.Remove(one), executor);

    public void RecordSwap(string model) => _swaps.Add(1, new KeyValuePair<string, object?>(ModelTag, model));

    public void RecordLoadFailure(string model, ModelLoadFailure reason) =>
        _loadErrors.Add(1, new(ModelTag, model), new(ErrorTag, reason.ToString()));

    public void RecordObserverFailure(string model) => _observerErrors.Add(1, new KeyValuePair<string, object?>(ModelTag, model));

    public void RecordOutcome(string model) => _outcomes.Add(1, new KeyValuePair<string, object?>(ModelTag, model));

    public void Dispose()
    {
        if (_ownsMeter)
            _meter.Dispose();
    }

    private IEnumerable<Measurement<T>> Observe<T>(Func<ModelExecutor, T> value)
        where T : struct => _executors.Select(executor => new Measurement<T>(
            value(executor), new KeyValuePair<string, object?>(ModelTag, executor.Model), new KeyValuePair<string, object?>(VersionTag, executor.Version.Number)));

    private IEnumerable<Measurement<T>> Observe<T>(Func<Rollout, T> value)
        where T : struct => _rollouts.Select(rollout => new Measurement<T>(value(rollout), new KeyValuePair<string, object?>(ModelTag, rollout.Model)));

    private static string NameOf(ShedReason reason) => reason switch
    {
        ShedReason.QueueFull => nameof(ShedReason.QueueFull),
        ShedReason.TooLate => nameof(ShedReason.TooLate),
        _ => nameof(ShedReason.Displaced),
    };

    private static Activity? Start(string operation, string model)
    {
        if (!Source.HasListeners())
            return null;

        Activity? activity = Source.StartActivity($"{operation} {model}");
        activity?.SetTag(ModelTag, model);
        return activity;
    }

    // The names of user exceptions are types of the host's code: few, and known to its authors.
    private static string ErrorType(Exception exception) => exception switch
    {
        ModelLoadException failure => failure.Reason.ToString(),
        PredictionException failure => failure.InnerException!.GetType().Name,
        _ => exception.GetType().Name,
    };
}
