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
    private static readonly ActivitySource Source = new(SourceName);

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _swaps;
    private readonly Counter<long> _loadErrors;
    private readonly Counter<long> _observerErrors;

    public ServingTelemetry(IMeterFactory? factory)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(SourceName) ?? new Meter(SourceName);
        _duration = _meter.CreateHistogram(
            "mlops.serving.request.duration", "s", "Time from the call of a predictor to its answer; its count is the number of requests.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        _errors = _meter.CreateCounter<long>("mlops.serving.request.errors", "{request}", "Requests that failed, by error.type.");
        _swaps = _meter.CreateCounter<long>("mlops.serving.swaps", "{swap}", "Versions put into service.");
        _loadErrors = _meter.CreateCounter<long>("mlops.serving.load.errors", "{load}", "Versions refused, by error.type.");
        _observerErrors = _meter.CreateCounter<long>("mlops.serving.observer.errors", "{prediction}", "Predictions that an observer failed to take.");
    }

    public bool RecordsRequests => _duration.Enabled || _errors.Enabled;

    public static Activity? StartPrediction(string model) => Start("predict", model);

    public static Activity? StartLoad(string model) => Start("load", model);

    public static void Describe(Activity? activity, ServedVersion version)
    {
        activity?.SetTag(VersionTag, version.Number);
        activity?.SetTag(DigestTag, version.Digest);
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

    public void RecordSwap(string model) => _swaps.Add(1, new KeyValuePair<string, object?>(ModelTag, model));

    public void RecordLoadFailure(string model, ModelLoadFailure reason) =>
        _loadErrors.Add(1, new(ModelTag, model), new(ErrorTag, reason.ToString()));

    public void RecordObserverFailure(string model) => _observerErrors.Add(1, new KeyValuePair<string, object?>(ModelTag, model));

    public void Dispose()
    {
        if (_ownsMeter)
            _meter.Dispose();
    }

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
