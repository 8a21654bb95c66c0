using System.Diagnostics.Metrics;

namespace Mlops.Serving;

/// <summary>What the prediction log measures. Everything is read when it is asked for, so that nothing is paid on the way of a prediction.</summary>
internal sealed class LogInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly bool _ownsMeter;

    public LogInstruments(IMeterFactory? factory, Func<PredictionLogCounts> counts)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(ServingTelemetry.SourceName) ?? new Meter(ServingTelemetry.SourceName);
        _meter.CreateObservableCounter("mlops.serving.log.predictions", () => counts().Kept, "{prediction}", "Predictions that the log took in.");
        _meter.CreateObservableCounter("mlops.serving.log.dropped", () => counts().Dropped, "{prediction}", "Predictions that the log dropped because too many waited.");
        _meter.CreateObservableGauge("mlops.serving.log.waiting", () => counts().Waiting, "{prediction}", "Predictions that wait to be stored.");
        _meter.CreateObservableCounter("mlops.serving.log.outcomes.dropped", () => counts().OutcomesDropped, "{outcome}", "Outcomes that the log dropped because too many waited.");
        _meter.CreateObservableCounter("mlops.serving.log.failures", () => counts().Failures, "{write}", "Writes of the log that failed and are tried again.");
    }

    public void Dispose()
    {
        if (_ownsMeter)
            _meter.Dispose();
    }
}
