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
    public async Task A_pass_that_begins_late_is_watched_all_the_same()
    {
        var time = new SlowClock();
        using var first = new ManualResetEventSlim();
        using var keeping = new ManualResetEventSlim();
        int runs = 0;
        var runtime = new GatedRuntime
        {
            OnRun = _ =>
            {
                if (Interlocked.Increment(ref runs) == 1)
                    first.Wait();
                else
                    time.IsSlow = true;
            },
        };
        await using ModelServer server = await StartAsync(runtime, concurrency: 1, time);
        Task before = InferAsync(server, 0);
        Assert.That(() => Volatile.Read(ref runs), Is.EqualTo(1).After(30_000, 1));
        Task[] keep = [KeepAsync(1), KeepAsync(2)];

        first.Set();
        await before;

        Assert.That(() => time.IsSlow, Is.False.After(60_000, 10), "both have gone on");
        keeping.Set();
        await Task.WhenAll(keep);

        async Task KeepAsync(float value)
        {
            await InferAsync(server, value);
            if (value == 2)
                time.IsSlow = false;
            keeping.Wait();
        }
    }

    [Test]
    public async Task Callers_that_each_keep_the_thread_do_not_go_on_one_after_the_other([Values] bool firstStays)
    {
        const int Callers = 8;
        await using ModelServer server = await StartAsync(new GatedRuntime(), concurrency: 1);
        ModelExecutor executor = server.Get("m").Route(default).Acquire().Executor;
        var runner = new Runner(executor);
        AnswerPass pass = runner.Answered;
        using var second = new ManualResetEventSlim();
        using var end = new ManualResetEventSlim();
        int told = 0;
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(WaitAsync)];

        Task run = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.That(() => Volatile.Read(ref told), Is.EqualTo(1).After(60_000, 1));
        pass.Watch(out _);
        if (!firstStays)
        {
            // It goes on by itself: nobody is stuck, and yet it takes too long.
            second.Set();
            Assert.That(() => Volatile.Read(ref told), Is.EqualTo(2).After(60_000, 1));
        }

        pass.Watch(out _);
        if (!firstStays)
            end.Set();

        Assert.That(() => Volatile.Read(ref told), Is.EqualTo(Callers).After(60_000, 1));
        second.Set();
        end.Set();
        await Task.WhenAll([run, .. callers]);

        void Run()
        {
            if (pass.Run(pass.Open()))
                executor.Work(runner);
        }

        async Task WaitAsync(int caller)
        {
            var call = new ModelCall(executor, isOwned: true);
            pass.Add(call);
            await call.Task.ConfigureAwait(false);
            Interlocked.Increment(ref told);
            if (caller == 0)
                second.Wait();
            else if (caller == 1)
                end.Wait();
            else if (caller == 2)
                while (Volatile.Read(ref told) < Callers)
                    Thread.Sleep(1);
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

    private static async Task<ModelServer> StartAsync(GatedRuntime runtime, int concurrency, TimeProvider? time = null)
    {
        Action<float[]>? gate = runtime.OnRun;
        runtime.OnRun = null;
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime, TimeProvider = time ?? TimeProvider.System }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(options => options.Batching.Concurrency = concurrency)));
        await server.StartAsync();
        ModelExecutorTests.ShareRuns(server);
        runtime.OnRun = gate;
        return server;
    }

    /// <summary>Where it is slow, whoever asks for the time is kept for longer than a guard goes on without seeing anything.</summary>
    private sealed class SlowClock : TimeProvider
    {
        public volatile bool IsSlow;

        public override long GetTimestamp()
        {
            if (IsSlow)
                Thread.Sleep(100);
            return base.GetTimestamp();
        }
    }
}
