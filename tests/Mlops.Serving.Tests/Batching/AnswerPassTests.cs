using System.Collections.Concurrent;

namespace Mlops.Serving.Tests;

public sealed class AnswerPassTests
{
    [Test]
    public async Task A_caller_that_keeps_its_thread_holds_up_neither_its_batch_nor_the_next()
    {
        using var first = new ManualResetEventSlim();
        using var keeping = new ManualResetEventSlim();
        int runs = 0;
        var runtime = new GatedRuntime
        {
            OnRun = _ =>
            {
                if (Interlocked.Increment(ref runs) == 1)
                    first.Wait();
            },
        };
        await using ModelServer server = await StartAsync(runtime, concurrency: 1);
        runs = 0;
        Task before = InferAsync(server, 0);
        Assert.That(() => Volatile.Read(ref runs), Is.EqualTo(1).After(30_000, 1));
        Task keeps = KeepAsync();
        Task[] others = [InferAsync(server, 2), InferAsync(server, 3)];

        first.Set();
        await before;
        await Task.WhenAll(others).WaitAsync(TimeSpan.FromMinutes(1));
        await Task.WhenAll(Enumerable.Range(4, 20).Select(value => InferAsync(server, value))).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.That(keeps.IsCompleted, Is.False);
        keeping.Set();
        await keeps;
        Assert.That(runtime.Runs.Count(static run => run.Order().SequenceEqual([1f, 2f, 3f])), Is.EqualTo(1), "they shared a run");

        async Task KeepAsync()
        {
            await InferAsync(server, 1);
            keeping.Wait();
        }
    }

    [Test]
    public async Task Callers_that_now_and_then_keep_their_threads_all_get_their_own_answers([Values(1, 2)] int concurrency)
    {
        const int Callers = 24, CallsEach = 400, Keeping = 150;
        await using ModelServer server = await StartAsync(new GatedRuntime(), concurrency);
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        ConcurrentBag<(float Sent, float Got)> wrong = [];

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (int i = 0; i < CallsEach; i++)
            {
                float sent = caller * CallsEach + i, got = (await predictor.PredictAsync(new[] { sent })).Value;
                if (got != 2 * sent + 1)
                    wrong.Add((sent, got));
                if (random.Next(Keeping) == 0)
                    Thread.Sleep(random.Next(12));
                else if (random.Next(Keeping) == 0)
                    predictor.PredictAsync(new[] { sent }).AsTask().GetAwaiter().GetResult();   // waits on the thread that is to answer it
            }
        }))).WaitAsync(TimeSpan.FromMinutes(5));

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Callers_who_take_long_are_spread_and_after_a_pause_tried_again_ever_more_seldom()
    {
        const int Second = 1_000_000_000;
        var times = new CallerTimes(Second);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(times.AreShort(), Is.True);
            times.Report(calls: 10, ticks: 3_000);
        }

        times.Report(calls: 10, ticks: Second);   // once is an accident
        Assert.That(times.AreShort(), Is.True);
        int[] pauses = [PauseAfter(10_000), PauseAfter(10_000), PauseAfter(10_000)];

        Assert.That(pauses, Is.EqualTo(new[] { 256, 512, 1_024 }));

        int PauseAfter(long ticksPerCaller)
        {
            do
                times.Report(calls: 10, 10 * ticksPerCaller);
            while (times.AreShort());

            int pause = 1;
            while (!times.AreShort())
                pause++;
            return pause;
        }
    }

    private static async Task InferAsync(ModelServer server, float value)
    {
        using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("x", [1, 1], [value]));
        Assert.That(response["y"].Get<float>()[0], Is.EqualTo(2 * value + 1));
    }

    private static async Task<ModelServer> StartAsync(GatedRuntime runtime, int concurrency)
    {
        Action<float[]>? gate = runtime.OnRun;
        runtime.OnRun = null;
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(options => options.Batching.Concurrency = concurrency)));
        await server.StartAsync();
        ModelExecutorTests.ShareRuns(server);
        runtime.OnRun = gate;
        return server;
    }
}
