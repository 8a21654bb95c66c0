namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class HotSwapTests
{
    [Test]
    public async Task Swaps_under_load_fail_no_request_and_mix_no_versions()
    {
        const int Threads = 4;
        await using ModelServer server = Server(new LinearSource(features: 3));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        long answers = 0, mixed = 0, backwards = 0;

        Task[] callers = [.. Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            async () =>
            {
                float[] row = new float[3];
                long last = 0;
                while (!stop.IsCancellationRequested)
                {
                    Prediction<float> prediction = await predictor.PredictAsync(row);
                    long number = prediction.Version.Number;
                    if (prediction.Value != number)
                        Interlocked.Increment(ref mixed);
                    if (number < last)
                        Interlocked.Increment(ref backwards);
                    last = number;
                    Interlocked.Increment(ref answers);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap())];
        int swaps = 0;
        using (var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(50)))
        {
            while (!stop.IsCancellationRequested)
            {
                await beat.WaitForNextTickAsync();
                await server.Get("m").ReloadAsync();
                swaps++;
            }
        }

        await Task.WhenAll(callers);   // an exception of any caller fails the test

        TestContext.Out.WriteLine($"{answers} answers across {swaps} swaps");
        Assert.That(swaps, Is.GreaterThan(10));
        Assert.That(answers, Is.GreaterThan(swaps));
        Assert.That((mixed, backwards), Is.EqualTo((0L, 0L)));
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
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
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
            while (!stop.IsCancellationRequested)
            {
                await beat.WaitForNextTickAsync();
                shared += model.Statistics[0].BatchSizes.Where(static size => size.Rows > 2).Sum(static size => size.Count);
                await model.ReloadAsync();
                swaps++;
            }
        }

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

    private static ModelServer Server(IModelSource source) =>
        ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModel("m", m => m.FromSource(source)));
}
