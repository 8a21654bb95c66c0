using System.Collections.Concurrent;

namespace Mlops.Serving.Tests;

/// <summary>Whatever comes together: every call gets the answer for its own rows, or its own error.</summary>
public sealed class SharedRunTests
{
    [Test]
    public async Task Every_call_gets_its_own_rows_or_its_own_error([Values(1, 2, 3, 4)] int seed, [Values] bool share)
    {
        const int Callers = 24;
        const int CallsEach = 150;
        var runtime = new GatedRuntime();
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime, TimeProvider = new SteppingClock() }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(static options =>
            {
                options.RequireFinite = true;
                options.Batching.MaximumRows = 16;
                options.Batching.Concurrency = 2;
                options.Batching.MaximumQueuedRows = 60;
            })));
        await server.StartAsync();
        if (share)
            ModelExecutorTests.ShareRuns(server);
        ServedModel model = server.Get("m");
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        ConcurrentBag<string> wrong = [];
        int answered = 0, failed = 0, cancelled = 0, refused = 0;

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(1_000 * seed + caller);
            var request = new TensorRequest();
            for (int i = 0; i < CallsEach; i++)
            {
                float[] values = [.. Enumerable.Range(0, random.Next(8) == 0 ? random.Next(17, 30) : random.Next(1, 6)).Select(_ => (float)random.Next(1 << 20))];
                bool isGuilty = random.Next(40) == 0, isOdd = random.Next(40) == 0, isTyped = random.Next(3) == 0;
                int place = random.Next(values.Length);
                if (isTyped)
                    values = [values[0]];
                if (isGuilty)
                    values[isTyped ? 0 : place] = GatedRuntime.Guilty;
                else if (isOdd)
                    values[isTyped ? 0 : place] = float.MaxValue;
                using var stop = new CancellationTokenSource();
                try
                {
                    float[] actual;
                    if (isTyped)
                    {
                        actual = [(await predictor.PredictAsync(values)).Value];
                    }
                    else
                    {
                        request.Clear();
                        request.AddInput("x", [values.Length, 1], values);
                        var options = new PredictionOptions { Priority = (PredictionPriority)random.Next(3), Timeout = random.Next(2) == 0 ? TimeSpan.FromMinutes(1) : null };
                        ValueTask<TensorResponse> call = model.InferAsync(request, options, stop.Token);
                        if (random.Next(10) == 0)
                            stop.Cancel();
                        using TensorResponse response = await call;
                        actual = response["y"].Get<float>().ToArray();
                    }

                    if (isGuilty || isOdd || !actual.SequenceEqual(values.Select(static value => 2 * value + 1)))
                        wrong.Add($"{string.Join(' ', values)} -> {string.Join(' ', actual)}");
                    Interlocked.Increment(ref answered);
                }
                catch (PredictionException exception) when (isGuilty ? exception.InnerException is InvalidDataException : isOdd && exception.InnerException is NotFiniteNumberException)
                {
                    Interlocked.Increment(ref failed);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    Interlocked.Increment(ref cancelled);
                }
                catch (ModelOverloadedException)
                {
                    Interlocked.Increment(ref refused);
                }
                catch (Exception exception)
                {
                    wrong.Add(exception.ToString());
                }

                if (random.Next(4) == 0)
                    await Task.Yield();
            }
        })));

        TestContext.Out.WriteLine($"{answered} answered, {failed} failed, {cancelled} cancelled, {refused} refused, {runtime.Runs.Count} runs, {runtime.Runs.Count(static run => run.Length > 5)} of more than 5 rows");
        Assert.That(wrong, Is.Empty);
        Assert.That(answered + failed + cancelled + refused, Is.EqualTo(Callers * CallsEach));
        Assert.That(answered, Is.GreaterThan(Callers * CallsEach / 4));
    }

    [Test]
    public async Task Waiting_costs_no_heap_in_steady_state()
    {
        if (TestContext.CurrentContext.WorkerId is not null)
            Assert.Ignore("The bytes are the process's, and a dispatcher of parallel tests makes garbage of its own: a step of .ci/run runs this in Release with one worker.");

        const int Callers = 16;
        const int CallsEach = 4_000;
        var runtime = new LinearRuntime { BeforeRun = static () => Thread.SpinWait(500) };   // so that sharing pays
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }
            .AddModel("m", m => m.FromSource(MemorySource.Of(2, 1)).Configure(static options => options.Timeout = TimeSpan.FromMinutes(5))));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        var rows = new float[Callers][];
        for (int i = 0; i < Callers; i++)
            rows[i] = [i];
        ModelExecutorTests.ShareRuns(server);
        await CallAllAsync(2_000);
        long runs = server.Get("m").Statistics[0].ExecutionCount;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await CallAllAsync(CallsEach);
        double bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(Callers * CallsEach);

        TestContext.Out.WriteLine($"{bytes:F3} B per row");
        Assert.That(server.Get("m").Statistics[0].ExecutionCount - runs, Is.LessThan(Callers * CallsEach / 2), "they share runs");
        Assert.That(bytes, Is.LessThan(4), "the callers' own tasks, and what other threads of the process do");

        Task CallAllAsync(int calls) => Task.WhenAll(Enumerable.Range(0, Callers).Select(i => Task.Run(async () =>
        {
            for (int call = 0; call < calls; call++)
                await predictor.PredictAsync(rows[i]);
        })));
    }

    [Test]
    public async Task Models_that_gain_come_to_share_runs_by_themselves_and_swaps_lose_nothing()
    {
        var runtime = new GatedRuntime { OnRun = static _ => Thread.SpinWait(2_000) };
        var source = new MemorySource { Package = GatedRuntime.Version(1) };
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }.AddModel("m", m => m.FromSource(source)));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
        using var stop = new CancellationTokenSource();
        int wrong = 0;

        Task[] callers = [.. Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            float[] row = [caller];
            while (!stop.IsCancellationRequested)
            {
                Prediction<float> prediction = await predictor.PredictAsync(row);
                if (prediction.Value != 2 * caller + prediction.Version.Number)
                    Interlocked.Increment(ref wrong);
                await Task.Yield();
            }
        }))];
        for (long version = 2; version <= 4; version++)
        {
            Assert.That(() => server.Get("m").Statistics[0].BatchSizes.Any(static size => size.Rows > 4 && size.Count > 10), Is.True.After(20_000, 10));
            source.Package = GatedRuntime.Version(version);
            await server.Get("m").ReloadAsync();
        }

        stop.Cancel();
        await Task.WhenAll(callers);
        Assert.That(wrong, Is.Zero);
        Assert.That(() => runtime.LiveSlots, Is.LessThan(60).After(5_000, 10), "those of the versions before are freed");
    }

    /// <summary>
    /// Goes on by a microsecond whenever somebody looks: all looks of a test together take less than may be spent on running failed calls again, however long a
    /// thread is held up.
    /// </summary>
    private sealed class SteppingClock : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => 1_000 * Interlocked.Increment(ref _looks);
    }
}
