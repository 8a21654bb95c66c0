#pragma warning disable MLOPS002

namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class HotSwapTests
{
    [TestCase(10)]
    [TestCase(60, Explicit = true, Reason = "Takes a minute", Category = "Long")]
    public async Task Swaps_under_load_fail_no_request_and_mix_no_versions(int seconds)
    {
        var store = new AttributingStore();
        await using var log = new PredictionLog(store: store);
        var options = new ModelServerOptions { Runtime = new OnnxModelRuntime() };
        options.Observers.Add(log);
        await using ModelServer server = ModelServer.Create(options.AddModel("m", m => m.FromSource(new LinearSource(features: 3))));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        using var least = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds + 60));   // for a machine that is slow to swap
        long rows = 0, mixed = 0, backwards = 0;

        // On the caller's thread, waiting for a runner, of one row and of several, and a stream.
        var patient = new PredictionOptions { Timeout = TimeSpan.FromMinutes(5) };
        Task[] callers = [Call(Predict), Call(Predict), Call(() => Infer(1, default)), Call(() => Infer(7, default)), Call(() => Infer(2, patient)), Score()];
        int swaps = 0;
        using (var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
        {
            while (!stop.IsCancellationRequested && !(least.IsCancellationRequested && swaps > seconds))
            {
                await beat.WaitForNextTickAsync();
                await server.Get("m").ReloadAsync();
                swaps++;
            }
        }

        stop.Cancel();
        await Task.WhenAll(callers);   // an exception of any caller fails the test

        TestContext.Out.WriteLine($"{rows} rows across {swaps} swaps");
        Assert.That(swaps, Is.GreaterThan(seconds));
        Assert.That(rows, Is.GreaterThan(swaps));
        Assert.That((mixed, backwards), Is.EqualTo((0L, 0L)));

        // What was kept of them says the same, and nothing is unaccounted for.
        await log.FlushAsync();
        PredictionLogCounts counts = log.Counts;
        TestContext.Out.WriteLine($"log: {counts.Kept} kept, {counts.Dropped} dropped");
        Assert.That((counts.Kept + counts.Dropped, counts.Waiting), Is.EqualTo((rows, 0L)));
        Assert.That((store.Predictions, store.Mixed), Is.EqualTo((counts.Kept, 0L)));

        async Task<(long Number, float[] Values)> Predict()
        {
            Prediction<float> prediction = await predictor.PredictAsync(new float[3]);
            return (prediction.Version.Number, [prediction.Value]);
        }

        async Task<(long Number, float[] Values)> Infer(int rows, PredictionOptions options)
        {
            using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("features", [rows, 3], new float[3 * rows]), options);
            return (response.Version.Number, response["prediction"].Get<float>().ToArray());
        }

        async Task Score()
        {
            await foreach (ScoredRow<int, float> row in predictor.ScoreAsync(Numbers(), static _ => new ReadOnlyMemory<float>(new float[3])))
            {
                if (row.Prediction.Value != row.Prediction.Version.Number)
                    Interlocked.Increment(ref mixed);
                Interlocked.Increment(ref rows);
            }
        }

        async IAsyncEnumerable<int> Numbers()
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                if (i % 100 == 0)
                    await Task.Delay(1);
                yield return i;
            }
        }

        Task Call(Func<Task<(long Number, float[] Values)>> ask) => Task.Factory.StartNew(
            async () =>
            {
                long last = 0;
                while (!stop.IsCancellationRequested)
                {
                    (long number, float[] values) = await ask();
                    if (Array.Exists(values, value => value != number))
                        Interlocked.Increment(ref mixed);
                    if (number < last)
                        Interlocked.Increment(ref backwards);
                    last = number;
                    Interlocked.Add(ref rows, values.Length);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    [Test]
    public async Task Memory_returns_after_many_swaps()
    {
        await using ModelServer server = Server(new LinearSource(features: 50_000), options => options.MaximumWarmupRows = 1);   // 200 kB of weights in each
        await server.StartAsync();
        await Swap(100);
        long before = Environment.WorkingSet;

        await Swap(500);

        long growth = Environment.WorkingSet - before;
        TestContext.Out.WriteLine($"{growth / 1e6:F1} MB more after 500 swaps");
        Assert.That(growth, Is.LessThan(50_000_000), "kept versions would be 100 MB");

        async Task Swap(int times)
        {
            for (int i = 0; i < times; i++)
                await server.Get("m").ReloadAsync();
            GC.Collect();
        }
    }

    [Test]
    public async Task Swaps_under_load_of_many_callers_that_share_runs_fail_no_request_and_mix_no_versions()
    {
        const int Callers = 24;
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel("m", m => m.FromSource(new LinearSource(features: 3)).Configure(static options => options.Timeout = TimeSpan.FromMinutes(1))));
        await server.StartAsync();
        ServedModel model = server.Get("m");
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        using var least = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));   // for a machine that is slow to swap
        long answers = 0, mixed = 0, backwards = 0, shared = 0;

        Task[] callers = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            float[] row = new float[3];
            TensorRequest rows = new TensorRequest().AddInput("features", [2, 3], new float[6]);
            long last = 0;
            while (!stop.IsCancellationRequested)
            {
                long number;
                if (caller % 2 == 0)
                {
                    Prediction<float> prediction = await predictor.PredictAsync(row);
                    number = prediction.Version.Number;
                    Check(prediction.Value == number);
                }
                else
                {
                    using TensorResponse response = await model.InferAsync(rows);
                    number = response.Version.Number;
                    Check(response["prediction"].Get<float>() is [var first, var second] && first == number && second == number);
                }

                if (number < last)
                    Interlocked.Increment(ref backwards);
                last = number;
                if (Interlocked.Increment(ref answers) % 50 == 0)
                    await Task.Yield();
            }
        }))];
        int swaps = 0;
        using (var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(40)))
        {
            while (!stop.IsCancellationRequested && !(least.IsCancellationRequested && swaps > 10 && shared > 0))
            {
                await beat.WaitForNextTickAsync();
                shared += model.Statistics[0].BatchSizes.Where(static size => size.Rows > 2).Sum(static size => size.Count);
                await model.ReloadAsync();
                swaps++;
            }
        }

        stop.Cancel();
        await Task.WhenAll(callers);   // an exception of any caller fails the test

        TestContext.Out.WriteLine($"{answers} answers across {swaps} swaps, {shared} shared runs");
        Assert.That(swaps, Is.GreaterThan(10));
        Assert.That(answers, Is.GreaterThan(swaps));
        Assert.That(shared, Is.GreaterThan(0));
        Assert.That((mixed, backwards), Is.EqualTo((0L, 0L)));

        void Check(bool isOwn)
        {
            if (!isOwn)
                Interlocked.Increment(ref mixed);
        }
    }

    [Test]
    public async Task Native_sessions_and_bindings_are_freed_after_many_swaps()
    {
        int sessions = OnnxSession.LiveCount, slots = OnnxSlot.LiveCount;
        ModelServer server = Server(new LinearSource(features: 8));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");

        for (int i = 0; i < 200; i++)
        {
            await server.Get("m").ReloadAsync();
            await predictor.PredictAsync(new float[8]);
        }

        Assert.That(server.Get("m").Version!.Number, Is.EqualTo(201));
        Assert.That(() => (OnnxSession.LiveCount - sessions, OnnxSlot.LiveCount - slots), Is.EqualTo((1, 1)).After(5000, 5));
        await server.DisposeAsync();
        Assert.That((OnnxSession.LiveCount, OnnxSlot.LiveCount), Is.EqualTo((sessions, slots)));
    }

    private static ModelServer Server(IModelSource source, Action<ModelOptions>? configure = null) =>
        ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModel("m", m => m.FromSource(source).Configure(configure ?? (_ => { }))));

    /// <summary>Looks at what is written and keeps nothing.</summary>
    private sealed class AttributingStore : IPredictionLogStore
    {
        public long Predictions { get; private set; }

        public long Mixed { get; private set; }

        public ValueTask WriteAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken)
        {
            Predictions += predictions.Count;
            Mixed += predictions.Count(static prediction => prediction.Outputs[0] != prediction.Version);
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<long> DeleteByRoutingKeyAsync(string routingKeyHash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<int> DeleteBeforeAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken) => ValueTask.FromResult(0);
    }
}
