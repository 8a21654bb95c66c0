using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Serving.Tests;

public sealed class ServingTelemetryTests
{
    [Test]
    public async Task Requests_errors_swaps_and_refusals_are_counted()
    {
        using var meters = new OneMeterFactory();
        using var duration = new MetricCollector<double>(meters, "Mlops.Serving", "mlops.serving.request.duration");
        using var errors = new MetricCollector<long>(meters, "Mlops.Serving", "mlops.serving.request.errors");
        using var swaps = new MetricCollector<long>(meters, "Mlops.Serving", "mlops.serving.swaps");
        using var refusals = new MetricCollector<long>(meters, "Mlops.Serving", "mlops.serving.load.errors");
        MemorySource source = MemorySource.Of(1, 1);
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime(), MeterFactory = meters }.AddModel("m", m => m.FromSource(source)));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");

        await predictor.PredictAsync(new float[1]);
        Assert.That(async () => await predictor.PredictAsync(new float[2]), Throws.ArgumentException);
        source.Package = null;
        Assert.That(async () => await server.Get("m").ReloadAsync(), Throws.InstanceOf<ModelLoadException>());

        Assert.That(duration.GetMeasurementSnapshot().Select(m => m.Tags["mlops.model"]), Is.EqualTo(new[] { "m", "m" }));
        Assert.That(errors.GetMeasurementSnapshot().Single().Tags["error.type"], Is.EqualTo("ArgumentException"));
        Assert.That(swaps.GetMeasurementSnapshot().Single().Value, Is.EqualTo(1));
        Assert.That(refusals.GetMeasurementSnapshot().Single().Tags["error.type"], Is.EqualTo("NothingToServe"));
    }

    [Test]
    public async Task An_observer_that_keeps_failing_is_logged_once_and_counted_each_time()
    {
        using var meters = new OneMeterFactory();
        using var failures = new MetricCollector<long>(meters, "Mlops.Serving", "mlops.serving.observer.errors");
        var logs = new FakeLogCollector();
        using var logger = new FakeLoggerProvider(logs);
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(logger));
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime(), MeterFactory = meters, LoggerFactory = loggers }
            .AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).OnPrediction((ReadOnlyMemory<float> _, in Prediction<float> _) => throw new InvalidOperationException("x"))));
        await server.StartAsync();

        for (int i = 0; i < 3; i++)
            await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1]);

        Assert.That(failures.GetMeasurementSnapshot(), Has.Count.EqualTo(3));
        Assert.That(logs.GetSnapshot().Count(record => record.Id.Id == 5002), Is.EqualTo(1));
    }

    [Test]
    public async Task Runs_of_calls_that_waited_and_the_decision_to_share_are_shown()
    {
        using var meters = new OneMeterFactory();
        using var rows = new MetricCollector<int>(meters, "Mlops.Serving", "mlops.serving.run.rows");
        using var waited = new MetricCollector<double>(meters, "Mlops.Serving", "mlops.serving.queue.duration");
        using var mode = new MetricCollector<int>(meters, "Mlops.Serving", "mlops.serving.batching.mode");
        using var gain = new MetricCollector<double>(meters, "Mlops.Serving", "mlops.serving.batching.gain");
        using var lost = new MetricCollector<int>(meters, "Mlops.Serving", "mlops.serving.slots.lost");
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime(), MeterFactory = meters }
            .AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Configure(static options => options.Timeout = TimeSpan.FromMinutes(1))));
        await server.StartAsync();
        ModelExecutorTests.ShareRuns(server);

        await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1]);
        mode.RecordObservableInstruments();
        gain.RecordObservableInstruments();
        lost.RecordObservableInstruments();

        Assert.That(() => rows.GetMeasurementSnapshot().Select(static m => m.Value), Is.EqualTo(new[] { 1 }).After(5_000, 5), "recorded once the callers have been told");
        Assert.That(waited.GetMeasurementSnapshot(), Has.Count.EqualTo(1));
        Assert.That(mode.LastMeasurement!.Value, Is.EqualTo(2));
        Assert.That(gain.LastMeasurement!.Value, Is.GreaterThan(1));
        Assert.That((lost.LastMeasurement!.Value, lost.LastMeasurement.Tags["mlops.model"], lost.LastMeasurement.Tags["mlops.model.version"]), Is.EqualTo((0, "m", 1L)));
    }

    [Test]
    public async Task A_traced_prediction_that_waits_leaves_the_callers_activity_alone()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Mlops.Serving" or "test",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        using Activity mine = source.StartActivity("mine")!;
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }
            .AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Configure(static options => options.Timeout = TimeSpan.FromMinutes(1))));
        await server.StartAsync();
        Activity? predicted = null;
        listener.ActivityStopped = activity => predicted = activity.OperationName == "predict m" ? activity : predicted;

        ValueTask<Prediction<float>> call = server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1]);
        Assert.That(Activity.Current, Is.SameAs(mine));
        await call;

        Assert.That(predicted!.Parent, Is.SameAs(mine));
        Assert.That(predicted.GetTagItem("mlops.serving.run.rows"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_traced_prediction_names_model_and_version()
    {
        List<Activity> activities = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Mlops.Serving",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (activities)
                    activities.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("traced", m => m.FromSource(MemorySource.Of(1, 1))));
        await server.StartAsync();

        await server.GetPredictor<ReadOnlyMemory<float>, float>("traced").PredictAsync(new float[1]);

        lock (activities)
        {
            Assert.That(activities.Where(a => (string?)a.GetTagItem("mlops.model") == "traced").Select(a => a.OperationName), Is.EqualTo(new[] { "load traced", "predict traced" }));
            Assert.That(activities.Single(a => a.OperationName == "predict traced").GetTagItem("mlops.model.version"), Is.EqualTo(1L));
        }
    }

    private sealed class OneMeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
