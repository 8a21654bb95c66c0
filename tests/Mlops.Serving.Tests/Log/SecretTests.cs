#pragma warning disable MLOPS002

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Serving.Tests;

/// <summary>A value that stands for somebody's secret goes through every path, and is looked for where it must not arrive.</summary>
public sealed class SecretTests
{
    private const float Secret = 731_294.5f;
    private const string Key = "ada@example.org";

    [Test]
    public async Task A_feature_and_a_routing_key_reach_no_log_no_metric_no_trace_and_not_the_prediction_log()
    {
        var said = new ConcurrentQueue<string>();
        using var meters = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        meters.SetMeasurementEventCallback<double>((_, value, tags, _) => Say(value, tags));
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) => Say(value, tags));
        meters.SetMeasurementEventCallback<int>((_, value, tags, _) => Say(value, tags));
        meters.Start();
        using var traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Mlops.Serving",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => said.Enqueue(string.Join(' ', activity.TagObjects.Append(new("name", activity.DisplayName)).Append(new("why", activity.StatusDescription)))),
        };
        ActivitySource.AddActivityListener(traces);
        var logs = new FakeLogCollector();
        using var factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(logs)));
        var store = new FailingStore { Failure = new IOException("away") };
        var runtime = new LinearRuntime();
        await using var log = new PredictionLog(new PredictionLogOptions { RoutingKeySecret = new byte[32] }, store, loggerFactory: factory);
        ModelServerOptions options = PredictionLogTests.Observed(log, runtime);
        options.LoggerFactory = factory;
        options.Observers.Add(new Throwing());
        options.OutcomeObservers.Add(new Throwing());
        await using ModelServer server = ModelServer.Create(options.AddModel("m", m => m.FromSource(MemorySource.Of(0, 1))));
        await server.StartAsync();
        ServedModel model = server.Get("m");
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        var call = new PredictionOptions { RoutingKey = Key };

        // Alone, shared, at tensor level, with an outcome; inputs that do not fit, a runtime and a store that fail.
        Prediction<float> alone = await predictor.PredictAsync(new[] { Secret });
        (await model.InferAsync(Rows(), call)).Dispose();
        model.RecordOutcome(alone.Id, Secret);
        Assert.That(async () => await predictor.PredictAsync(new[] { Secret, Secret }), Throws.ArgumentException);
        Assert.That(async () => await model.InferAsync(new TensorRequest().AddInput("other", [1, 1], [Secret]), call), Throws.InstanceOf<InvalidInputException>());
        runtime.BeforeRun = static () => throw new InvalidDataException("boom");
        Assert.That(async () => await predictor.PredictAsync(new[] { Secret }), Throws.InstanceOf<PredictionException>());
        runtime.BeforeRun = null;
        ModelExecutorTests.ShareRuns(server);
        await predictor.PredictAsync(new[] { Secret });
        (await model.InferAsync(Rows(), call)).Dispose();
        Assert.That(() => logs.GetSnapshot().Select(static record => record.Id.Id), Has.Some.EqualTo(5030).After(20_000, 5), "the store's failure is logged");
        store.Failure = null;
        await log.FlushAsync();
        meters.RecordObservableInstruments();

        foreach (FakeLogRecord record in logs.GetSnapshot())
            said.Enqueue($"{record.Message} {record.Exception} {string.Join(' ', record.StructuredState ?? [])}");
        foreach (LoggedPrediction prediction in store.Written)
            said.Enqueue($"{prediction.RoutingKeyHash} {string.Join(' ', prediction.FeatureNames)} {string.Join(' ', prediction.Features)} {prediction}");

        Assert.That(store.Written, Has.Count.EqualTo(4), "what was to be looked at is there");
        Assert.That(said, Has.Some.Contains("mlops.model").And.Some.Contains("InvalidDataException").And.Some.Contains("away"));
        Assert.That(said, Has.None.Contains(Secret.ToString(CultureInfo.InvariantCulture)).And.None.Contains("731294").And.None.Contains(Key));

        void Say<T>(T value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => said.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{value} {string.Join(' ', tags.ToArray())}"));

        static TensorRequest Rows() => new TensorRequest().AddInput("features", [1, 1], [Secret]);
    }

    private sealed class Throwing : IPredictionObserver, IOutcomeObserver
    {
        public void OnPrediction(in PredictionRecord record) => throw new InvalidOperationException("observer");

        public void OnOutcome(in PredictionOutcome outcome) => throw new InvalidOperationException("observer");
    }
}
