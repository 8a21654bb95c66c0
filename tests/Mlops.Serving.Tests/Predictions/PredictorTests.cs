using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

public sealed class PredictorTests
{
    [Test]
    public async Task A_vector_of_the_wrong_length_throws_at_once()
    {
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(new LinearRuntime());
        await using ModelServer disposal = server;

        // Not awaited: the exception comes from the call itself.
        ArgumentException failure = Assert.Throws<ArgumentException>(() => { var _ = predictor.PredictAsync(new float[3]); })!;

        Assert.That(failure.Message, Does.StartWith("The model takes 1 features and 3 were given."));
        Assert.That(failure.ParamName, Is.EqualTo("input"));
    }

    [Test]
    public async Task A_run_that_fails_reaches_only_its_caller()
    {
        var runtime = new LinearRuntime();
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(runtime);
        await using ModelServer disposal = server;

        runtime.BeforeRun = () => throw new InvalidDataException("boom");
        PredictionException failure = (await Assert.ThrowsAsync<PredictionException>(async () => await predictor.PredictAsync(new float[1])))!;
        int slotsAfterFailure = runtime.LiveSlots;
        runtime.BeforeRun = null;

        Assert.That(failure.InnerException, Is.InstanceOf<InvalidDataException>());
        Assert.That(failure.Version, Is.SameAs(server.Get("m").Version));
        Assert.That(slotsAfterFailure, Is.Zero, "a slot whose run failed is not used again");
        Assert.That((await predictor.PredictAsync(new float[1])).Value, Is.EqualTo(1f));
    }

    [Test]
    public async Task The_text_of_a_prediction_does_not_depend_on_the_host()
    {
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(new LinearRuntime());
        await using ModelServer disposal = server;
        Prediction<float> prediction = await predictor.PredictAsync(new float[] { -0.75f });

        CultureInfo before = CultureInfo.CurrentCulture;
        var northern = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        northern.NumberFormat.NegativeSign = "\u2212";
        northern.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = northern;
        try
        {
            Assert.That(prediction.ToString(), Does.StartWith("-0.5 (version "));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Test]
    public async Task A_cancelled_caller_gets_no_prediction()
    {
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(new LinearRuntime());
        await using ModelServer disposal = server;

        Assert.That(async () => await predictor.PredictAsync(new float[1], new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task An_observer_sees_features_output_and_origin()
    {
        var time = new FakeTimeProvider();
        var observer = new Recorder();
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(new LinearRuntime(), observer, time);
        await using ModelServer disposal = server;

        Prediction<float> prediction = await predictor.PredictAsync(new float[] { 5 });

        Assert.That(observer.Seen, Is.EqualTo(new[] { ("m", prediction.Id, prediction.Version, time.GetUtcNow(), 5f, 11f) }));
    }

    [Test]
    public async Task An_observer_that_throws_never_reaches_the_caller()
    {
        var broken = new Recorder { Failure = new InvalidOperationException("observer") };
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(new LinearRuntime(), broken);
        await using ModelServer disposal = server;

        Assert.That((await predictor.PredictAsync(new float[] { 5 })).Value, Is.EqualTo(11f));
    }

    [Test]
    public async Task A_handler_sees_the_row_itself_and_may_fail()
    {
        List<(Ride Ride, float Value)> seen = [];
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel<Ride>("m", m => m
            .FromSource(MemorySource.Of(1, 0, 0))
            .Feature(r => r.Lag7).Feature(r => r.Rain)
            .OnPrediction((Ride _, in Prediction<float> _) => throw new InvalidOperationException("handler"))
            .OnPrediction((Ride ride, in Prediction<float> prediction) => seen.Add((ride, prediction.Value)))));
        await server.StartAsync();
        var ride = new Ride(4, 0);

        await server.GetPredictor<Ride, float>("m").PredictAsync(ride);

        Assert.That(seen, Is.EqualTo(new[] { (ride, 4f) }));
    }

    [Test]
    public async Task Other_types_than_registered_are_refused()
    {
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> _) = await Start(new LinearRuntime());
        await using ModelServer disposal = server;

        Assert.That(() => server.GetPredictor<Ride, float>("m"), Throws.InvalidOperationException.With.Message.Contains("does not predict Single from Ride"));
    }

    [Test]
    public async Task A_prediction_allocates_nothing()
    {
        (ModelServer server, IPredictor<ReadOnlyMemory<float>, float> predictor) = await Start(new LinearRuntime(), new Counter());
        await using ModelServer disposal = server;
        float[] row = [5];
        for (int i = 0; i < 1000; i++)
            await predictor.PredictAsync(row);

        Assert.That(BytesFor(predictor, row, 1000), Is.Zero);
    }

    // Synchronous, because an async test method would count its own state machine.
    private static long BytesFor(IPredictor<ReadOnlyMemory<float>, float> predictor, float[] row, int calls)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
            Complete(predictor.PredictAsync(row));
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Complete(ValueTask<Prediction<float>> prediction)
    {
        if (!prediction.IsCompletedSuccessfully)
            throw new AssertionException("a prediction runs on its caller's thread");
    }

    private static async Task<(ModelServer Server, IPredictor<ReadOnlyMemory<float>, float> Predictor)> Start(LinearRuntime runtime, IPredictionObserver? observer = null, TimeProvider? time = null)
    {
        var options = new ModelServerOptions { Runtime = runtime, TimeProvider = time ?? TimeProvider.System };
        if (observer is not null)
            options.Observers.Add(observer);
        ModelServer server = ModelServer.Create(options.AddModel("m", m => m.FromSource(MemorySource.Of(2, 1))));
        await server.StartAsync();
        return (server, server.GetPredictor<ReadOnlyMemory<float>, float>("m"));
    }

    private sealed class Recorder : IPredictionObserver
    {
        public List<(string Model, PredictionId Id, ServedVersion Version, DateTimeOffset Time, float Feature, float Output)> Seen { get; } = [];

        public Exception? Failure { get; init; }

        public void OnPrediction(in PredictionRecord record)
        {
            if (Failure is not null)
                throw Failure;
            Seen.Add((record.Model, record.Id, record.Version, record.Timestamp, record.Features[0], record.Outputs[0]));
        }
    }

    private sealed class Counter : IPredictionObserver
    {
        private long _count;

        public void OnPrediction(in PredictionRecord record) => _count += record.Features.Length;
    }
}
