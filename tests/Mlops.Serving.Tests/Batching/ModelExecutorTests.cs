using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

/// <summary>
/// Calls with a deadline wait for a runner, because a model that has hardly run is not trusted with its callers' threads; with one runner that is
/// held, the tests decide what has come together when it goes on.
/// </summary>
[CancelAfter(60_000)]
public sealed class ModelExecutorTests
{
    private static readonly PredictionOptions Patient = new() { Timeout = TimeSpan.FromMinutes(5) };

    [Test]
    public async Task A_call_without_a_deadline_runs_on_its_callers_thread()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime);

        ValueTask<TensorResponse> answer = server.Get("m").InferAsync(Request(3, 4));

        Assert.That(answer.IsCompletedSuccessfully, Is.True);
        using TensorResponse response = await answer;
        Assert.That(response["y"].Get<float>().ToArray(), Is.EqualTo(new[] { 7f, 9f }));
        Assert.That(response["y"].Shape.ToArray(), Is.EqualTo(new long[] { 2, 1 }));
    }

    [Test]
    public async Task A_model_that_hangs_costs_its_caller_no_more_than_the_deadline()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time);
        using var hold = new Hold(runtime);

        Task<TensorResponse> call = server.Get("m").InferAsync(Request(1), new PredictionOptions { Timeout = TimeSpan.FromSeconds(2) }).AsTask();
        hold.WaitUntilHeld();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(call.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromSeconds(1.1));

        PredictionTimeoutException failure = (await Assert.ThrowsAsync<PredictionTimeoutException>(() => call))!;
        Assert.That(failure.Timeout, Is.EqualTo(TimeSpan.FromSeconds(2)));
        Assert.That(() => runtime.Terminations, Is.EqualTo(1).After(5_000, 5));
    }

    [Test]
    public async Task A_model_whose_runs_never_end_is_quarantined_after_the_second_and_others_are_told_at_once()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time, o =>
        {
            o.Timeout = TimeSpan.FromSeconds(1);
            o.DrainTimeout = TimeSpan.Zero;
        });
        ServedModel model = server.Get("m");
        using var hold = new Hold(runtime);
        for (int lost = 1; lost <= 2; lost++)
        {
            Task<TensorResponse> call = model.InferAsync(Request(lost)).AsTask();
            hold.WaitUntilHeld();
            time.Advance(TimeSpan.FromSeconds(1.1));
            await Assert.ThrowsAsync<PredictionTimeoutException>(() => call);
            Assert.That(model.Quarantine, Is.Null);
            Assert.That(() => runtime.Terminations, Is.GreaterThanOrEqualTo(lost).After(5_000, 5));
        }

        Task<TensorResponse> waiting = model.InferAsync(Request(5), new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(900) }).AsTask();
        int runs = runtime.Runs.Count;
        Assert.That(() => Quarantine(), Is.Not.Null.After(5_000, 20));

        Assert.That(async () => await waiting, Throws.InstanceOf<ServingException>());
        ModelUnavailableException failure = (await Assert.ThrowsAsync<ModelUnavailableException>(async () => await model.InferAsync(Request(6))))!;
        Assert.That(failure.Message, Does.Contain("2 runs did not end in time"));
        Assert.That(runtime.Runs, Has.Count.EqualTo(runs), "nothing runs any more");

        string? Quarantine()
        {
            time.Advance(TimeSpan.FromMilliseconds(200));
            return model.Quarantine;
        }
    }

    [Test]
    public async Task A_run_that_ends_when_it_is_asked_to_is_not_lost_and_its_slot_is_not_used_again()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time, o => o.MaximumLostSlots = 1);
        using (var hold = new Hold(runtime) { EndsWhenAsked = true })
        {
            Task<TensorResponse> call = server.Get("m").InferAsync(Request(1), new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask();
            hold.WaitUntilHeld();
            time.Advance(TimeSpan.FromSeconds(1.1));
            await Assert.ThrowsAsync<PredictionTimeoutException>(() => call);
        }

        Assert.That(() => runtime.LiveSlots, Is.Zero.After(5_000, 5));
        time.Advance(TimeSpan.FromSeconds(10));
        using TensorResponse answer = await server.Get("m").InferAsync(Request(2), Patient);
        Assert.That(answer["y"].Get<float>()[0], Is.EqualTo(5f));
        Assert.That(server.Get("m").Quarantine, Is.Null);
    }

    [Test]
    public async Task A_deadline_that_passes_while_inputs_are_copied_is_not_forgotten()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time);
        using var hold = new Hold(runtime) { EndsWhenAsked = true };
        runtime.OnInput = () => time.Advance(TimeSpan.FromSeconds(1.1));

        Task<TensorResponse> call = server.Get("m").InferAsync(Request(1), new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask();
        hold.WaitUntilHeld();
        runtime.OnInput = null;

        Assert.That(() => IsOver(), Is.True.After(5_000, 5));
        Assert.That(async () => await call, Throws.InstanceOf<PredictionTimeoutException>());

        bool IsOver()
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            return call.IsCompleted;
        }
    }

    [Test]
    public async Task A_call_that_leaves_a_run_under_way_does_not_disturb_those_that_share_it()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime);
        ShareRuns(server);
        ServedModel model = server.Get("m");
        using var stop = new CancellationTokenSource();
        using var held = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        runtime.OnRun = _ =>
        {
            held.Release();
            go.Wait();
        };
        Task<TensorResponse> first = model.InferAsync(Request(0), Patient).AsTask();
        held.Wait();
        Task<TensorResponse> stays = model.InferAsync(Request(1), Patient).AsTask();
        Task<TensorResponse> leaves = model.InferAsync(Request(2), Patient, stop.Token).AsTask();
        Task<TensorResponse> staysToo = model.InferAsync(Request(3), Patient).AsTask();
        go.Release();
        held.Wait();

        stop.Cancel();
        Assert.That(async () => await leaves, Throws.InstanceOf<OperationCanceledException>());
        Task<TensorResponse> later = model.InferAsync(Request(4), Patient).AsTask();
        go.Release(2);

        foreach ((float value, Task<TensorResponse> call) in new[] { (0f, first), (1f, stays), (3f, staysToo), (4f, later) })
        {
            using TensorResponse response = await call;
            Assert.That(response["y"].Get<float>().ToArray(), Is.EqualTo(new[] { 2 * value + 1 }));
        }

        Assert.That(runtime.Terminations, Is.Zero);
    }

    [Test]
    public async Task Calls_that_waited_behind_a_lost_run_go_on_when_it_comes_back()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time, o => o.MaximumLostSlots = 1);
        Task<TensorResponse> waiting;
        using (var hold = new Hold(runtime))
        {
            Task<TensorResponse> call = server.Get("m").InferAsync(Request(1), new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask();
            hold.WaitUntilHeld();
            time.Advance(TimeSpan.FromSeconds(1.1));
            await Assert.ThrowsAsync<PredictionTimeoutException>(() => call);
            waiting = server.Get("m").InferAsync(Request(2), Patient).AsTask();
            Assert.That(waiting.IsCompleted, Is.False);
        }

        using TensorResponse answer = await waiting;
        Assert.That(answer["y"].Get<float>()[0], Is.EqualTo(5f));
    }

    [Test]
    public async Task A_call_whose_time_is_over_while_it_waits_never_runs()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time);
        using var hold = new Hold(runtime);
        Task<TensorResponse> first = server.Get("m").InferAsync(Request(1), Patient).AsTask();
        hold.WaitUntilHeld();

        Task<TensorResponse> second = server.Get("m").InferAsync(Request(2), new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask();
        time.Advance(TimeSpan.FromSeconds(1.1));
        await Assert.ThrowsAsync<PredictionTimeoutException>(() => second);
        hold.Dispose();
        (await first).Dispose();

        Assert.That(runtime.Runs.SelectMany(static run => run), Has.None.EqualTo(2f));
    }

    [Test]
    public async Task A_cancelled_call_leaves_the_queue_and_one_under_way_is_asked_to_end()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime);
        using var hold = new Hold(runtime) { EndsWhenAsked = true };
        using var stopFirst = new CancellationTokenSource();
        using var stopSecond = new CancellationTokenSource();
        Task<TensorResponse> first = server.Get("m").InferAsync(Request(1), Patient, stopFirst.Token).AsTask();
        hold.WaitUntilHeld();
        Task<TensorResponse> second = server.Get("m").InferAsync(Request(2), Patient, stopSecond.Token).AsTask();

        stopSecond.Cancel();
        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        stopFirst.Cancel();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());

        Assert.That(() => runtime.Terminations, Is.EqualTo(1).After(5_000, 5));
        Assert.That(runtime.Runs.SelectMany(static run => run), Has.None.EqualTo(2f));
    }

    [Test]
    public async Task Urgent_calls_go_first_and_calls_that_can_wait_go_last()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime);
        List<Task<TensorResponse>> calls = [];
        using (var hold = new Hold(runtime))
        {
            calls.Add(server.Get("m").InferAsync(Request(1), Patient).AsTask());
            hold.WaitUntilHeld();
            foreach ((float value, PredictionPriority priority) in new[] { (2f, PredictionPriority.Low), (3f, PredictionPriority.Normal), (4f, PredictionPriority.High), (5f, PredictionPriority.Normal) })
                calls.Add(server.Get("m").InferAsync(Request(value), Patient with { Priority = priority }).AsTask());
        }

        foreach (Task<TensorResponse> call in calls)
            (await call).Dispose();
        Assert.That(runtime.Runs.SelectMany(static run => run).TakeLast(5), Is.EqualTo(new[] { 1f, 4, 3, 5, 2 }));
    }

    [Test]
    public async Task A_full_queue_refuses_and_makes_room_for_calls_of_higher_priority()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, configure: o => o.Batching.MaximumQueuedRows = 3);
        ServedModel model = server.Get("m");
        using var hold = new Hold(runtime);
        List<Task<TensorResponse>> answered = [model.InferAsync(Request(1), Patient).AsTask()];
        hold.WaitUntilHeld();
        answered.Add(model.InferAsync(Request(2, 2), Patient).AsTask());
        Task<TensorResponse> low = model.InferAsync(Request(3), Patient with { Priority = PredictionPriority.Low }).AsTask();

        ModelOverloadedException refusal = (await Assert.ThrowsAsync<ModelOverloadedException>(async () => await model.InferAsync(Request(4, 4), Patient)))!;
        Assert.That(refusal.RetryAfter, Is.GreaterThan(TimeSpan.Zero));
        answered.Add(model.InferAsync(Request(5), Patient).AsTask());
        Assert.That(async () => await low, Throws.InstanceOf<ModelOverloadedException>(), "it had to make room");
        hold.Dispose();

        foreach (Task<TensorResponse> call in answered)
            (await call).Dispose();
        Assert.That(runtime.Runs.SelectMany(static run => run), Has.None.EqualTo(3f).And.None.EqualTo(4f));
    }

    [Test]
    public async Task A_call_that_could_not_be_answered_in_time_is_refused_at_once()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime { OnRun = _ => time.Advance(TimeSpan.FromMilliseconds(100)) };
        await using ModelServer server = await StartAsync(runtime, time);
        ServedModel model = server.Get("m");
        (await model.InferAsync(Request(0), Patient)).Dispose();
        (await model.InferAsync(Request(0), Patient)).Dispose();
        using var hold = new Hold(runtime);
        Task<TensorResponse> first = model.InferAsync(Request(1), Patient).AsTask();
        hold.WaitUntilHeld();
        Task<TensorResponse>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => model.InferAsync(Request(2), Patient).AsTask())];

        ModelOverloadedException refusal = (await Assert.ThrowsAsync<ModelOverloadedException>(
            async () => await model.InferAsync(Request(3), new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(300) })))!;
        Assert.That(refusal.RetryAfter.TotalMilliseconds, Is.EqualTo(500).Within(50));
        Task<TensorResponse> timely = model.InferAsync(Request(4), new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(900) }).AsTask();
        hold.Dispose();

        foreach (Task<TensorResponse> call in (Task<TensorResponse>[])[first, .. waiting, timely])
            (await call).Dispose();
    }

    [TestCase(1, TestName = "One_guilty_call_of_a_batch_fails_alone")]
    [TestCase(3, TestName = "Three_guilty_calls_of_a_batch_fail_alone")]
    public async Task Guilty_calls_fail_alone(int guilty)
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, new FakeTimeProvider());
        ShareRuns(server);
        int before = runtime.Runs.Count;
        List<(float Value, Task<TensorResponse> Answer)> calls = [];
        using (var hold = new Hold(runtime))
        {
            calls.Add((100, server.Get("m").InferAsync(Request(100), Patient).AsTask()));
            hold.WaitUntilHeld();
            for (int i = 0; i < 16; i++)
            {
                float value = i % 5 == 2 && i / 5 < guilty ? GatedRuntime.Guilty : i;
                calls.Add((value, server.Get("m").InferAsync(Request(value), Patient).AsTask()));
            }
        }

        foreach ((float value, Task<TensorResponse> answer) in calls)
        {
            if (value == GatedRuntime.Guilty)
            {
                Assert.That(async () => await answer, Throws.InstanceOf<PredictionException>().With.InnerException.InstanceOf<InvalidDataException>().And.Property("SharedRun").Null);
                continue;
            }

            using TensorResponse response = await answer;
            Assert.That(response["y"].Get<float>()[0], Is.EqualTo(2 * value + 1));
        }

        Assert.That(runtime.Runs.Skip(before).Max(static run => run.Length), Is.EqualTo(16), "they did share a run");
    }

    [Test]
    public async Task Rows_that_are_not_finite_fail_alone_and_without_another_run()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime);
        ShareRuns(server);
        List<Task<TensorResponse>> calls = [];
        int runs = runtime.Runs.Count;
        using (var hold = new Hold(runtime))
        {
            calls.Add(server.Get("m").InferAsync(Request(100), Patient).AsTask());
            hold.WaitUntilHeld();
            foreach (float value in (float[])[1, float.MaxValue, 3, float.NaN])
                calls.Add(server.Get("m").InferAsync(Request(value), Patient).AsTask());
        }

        (await calls[1]).Dispose();
        (await calls[3]).Dispose();
        PredictionException failure = (await Assert.ThrowsAsync<PredictionException>(() => calls[2]))!;
        Assert.That(failure.Message, Does.Contain("output 'y' holds NaN or infinity"));
        Assert.That(async () => await calls[4], Throws.InstanceOf<InvalidInputException>().With.Message.Contains("input 'x' holds NaN"), "it is not the model's fault");
        Assert.That(runtime.Runs, Has.Count.EqualTo(runs + 2));
    }

    [Test]
    public async Task Not_finite_answers_fail_on_the_callers_thread_too()
    {
        await using ModelServer server = await StartAsync(new GatedRuntime());

        Assert.That(async () => await server.Get("m").InferAsync(Request(float.MaxValue)), Throws.InstanceOf<PredictionException>());
        Assert.That(async () => await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new[] { float.MaxValue }), Throws.InstanceOf<PredictionException>());
        Assert.That(async () => await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new[] { float.NaN }), Throws.InstanceOf<InvalidInputException>());
    }

    [TestCase(null, false, ExpectedResult = false)]
    [TestCase(null, true, ExpectedResult = true)]
    [TestCase(false, true, ExpectedResult = false)]
    [TestCase(true, false, ExpectedResult = true)]
    public async Task<bool> Answers_must_be_finite_where_that_is_asked_for_or_golden_samples_show_it(bool? option, bool hasGolden)
    {
        const string Golden = """{ "inputs": [ { "name": "x", "datatype": "FP32", "shape": [1, 1], "data": [1] } ], "outputs": [ { "name": "y", "datatype": "FP32", "shape": [1, 1], "data": [3] } ] }""";
        ModelPackage version = GatedRuntime.Version(1);
        var source = new MemorySource { Package = new ModelPackage { Content = version.Content, Version = 1, GoldenSamples = hasGolden ? System.Text.Encoding.UTF8.GetBytes(Golden) : default } };
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new GatedRuntime() }
            .AddModel("m", m => m.FromSource(source).Configure(options => options.RequireFinite = option)));
        await server.StartAsync();

        try
        {
            using TensorResponse response = await server.Get("m").InferAsync(Request(float.MaxValue));
            Assert.That(response["y"].Get<float>()[0], Is.EqualTo(float.PositiveInfinity));
            return false;
        }
        catch (PredictionException)
        {
            return true;
        }
    }

    [Test]
    public async Task Runs_hold_no_more_rows_than_allowed_and_a_longer_call_runs_alone()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, configure: o => o.Batching.MaximumRows = 4);
        ShareRuns(server);
        List<Task<TensorResponse>> calls = [];
        using (var hold = new Hold(runtime))
        {
            calls.Add(server.Get("m").InferAsync(Request(100), Patient).AsTask());
            hold.WaitUntilHeld();
            foreach (int rows in (int[])[3, 3, 1, 9, 2])
                calls.Add(server.Get("m").InferAsync(Request([.. Enumerable.Repeat((float)rows, rows)]), Patient).AsTask());
        }

        foreach (Task<TensorResponse> call in calls)
            (await call).Dispose();
        Assert.That(runtime.Runs.TakeLast(4).Select(static run => run.Length), Is.EqualTo(new[] { 4, 3, 9, 2 }));
    }

    [Test]
    public async Task A_model_without_free_rows_says_why_it_is_never_batched()
    {
        var runtime = new GatedRuntime { HasFixedRows = true };
        await using ModelServer server = await StartAsync(runtime);

        Assert.That(server.Get("m").Version!.CannotBatch, Is.EqualTo("input 'x: float32[1,1]' has no free first dimension that counts rows"));
        using TensorResponse response = await server.Get("m").InferAsync(Request(4), Patient);
        Assert.That(response["y"].Get<float>()[0], Is.EqualTo(9f));
    }

    [Test]
    public async Task Statistics_count_rows_runs_and_calls()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time);
        runtime.OnRun = _ => time.Advance(TimeSpan.FromMilliseconds(3));
        ServedModel model = server.Get("m");
        (await model.InferAsync(Request(1, 2, 3))).Dispose();
        (await model.InferAsync(Request(1))).Dispose();
        (await model.InferAsync(Request(4), Patient)).Dispose();
        await Assert.ThrowsAsync<PredictionException>(async () => await model.InferAsync(Request(GatedRuntime.Guilty), Patient));

        ModelStatistics statistics = model.Statistics.Single();

        Assert.That((statistics.InferenceCount, statistics.ExecutionCount), Is.EqualTo((5L, 3L)));
        Assert.That((statistics.Success.Count, statistics.Fail.Count, statistics.Queue.Count), Is.EqualTo((3L, 1L, 1L)));
        Assert.That(statistics.ComputeInfer, Is.EqualTo(new DurationStatistics(3, 9_000_000)));
        Assert.That(statistics.BatchSizes, Is.EqualTo(new BatchSizeStatistics[] { new(1, 2, 6_000_000), new(3, 1, 3_000_000) }));
        Assert.That(statistics.LastInference, Is.Not.Null.And.LessThanOrEqualTo(time.GetUtcNow()));
        Assert.That((statistics.Version, statistics.Variant), Is.EqualTo((model.Version, "live")));
    }

    [Test]
    public async Task A_delay_gathers_calls_until_it_is_over()
    {
        var time = new FakeTimeProvider();
        var runtime = new GatedRuntime();
        await using ModelServer server = await StartAsync(runtime, time, o => o.Batching.MaximumDelay = TimeSpan.FromMilliseconds(50));
        ShareRuns(server);
        int runs = runtime.Runs.Count;
        Task<TensorResponse>[] calls = [.. Enumerable.Range(0, 3).Select(i => server.Get("m").InferAsync(Request(i), Patient).AsTask())];

        // The runner looks, sees that more may come, and leaves a timer.
        await Task.Delay(50);
        Assert.That(runtime.Runs, Has.Count.EqualTo(runs));
        Assert.That(() => Answered(), Is.True.After(5_000, 5));
        Assert.That(runtime.Runs.Skip(runs).Single(), Is.EqualTo(new[] { 0f, 1, 2 }));

        bool Answered()
        {
            time.Advance(TimeSpan.FromMilliseconds(20));
            return calls.All(static call => call.IsCompletedSuccessfully);
        }
    }

    [TestCase(0)]
    [TestCase(-1)]
    public async Task A_timeout_must_be_positive(int milliseconds)
    {
        await using ModelServer server = await StartAsync(new GatedRuntime());

        Assert.That(
            () => { var _ = server.Get("m").InferAsync(Request(1), new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(milliseconds) }); },
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>Makes the model share runs from now on, as if it had learned to.</summary>
    internal static void ShareRuns(ModelServer server)
    {
        const int Ticks = 1_000_000;   // of a run, whatever its rows
        ModelSnapshot snapshot = server.Get("m").Route(default).Acquire();
        BatchController controller = snapshot.Executor.RowGroup!.Controller;
        controller.TryReportAlone(10_000, 10_000, rows: 1, Ticks);
        controller.ReportBatch(64, 64, Ticks, overhead: 0);
        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Together));
        snapshot.Release();
    }

    private static async Task<ModelServer> StartAsync(GatedRuntime runtime, TimeProvider? time = null, Action<ModelOptions>? configure = null)
    {
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime, TimeProvider = time ?? TimeProvider.System }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(options =>
            {
                options.Batching.Concurrency = 1;
                options.RequireFinite = true;
                configure?.Invoke(options);
            })));
        await server.StartAsync();
        return server;
    }

    private static TensorRequest Request(params float[] values) => new TensorRequest().AddInput("x", [values.Length, 1], values);

    /// <summary>Holds every run until it is disposed of.</summary>
    internal sealed class Hold : IDisposable
    {
        private readonly GatedRuntime _runtime;
        private readonly ManualResetEventSlim _go = new();
        private readonly SemaphoreSlim _held = new(0);

        public Hold(GatedRuntime runtime)
        {
            _runtime = runtime;
            runtime.OnRun = _ =>
            {
                _held.Release();
                WaitHandle.WaitAny(EndsWhenAsked ? [_go.WaitHandle, runtime.Ended.WaitHandle] : [_go.WaitHandle]);
                if (!_go.IsSet)
                    throw new OperationCanceledException("ended");
            };
        }

        public bool EndsWhenAsked { get; init; }

        public void WaitUntilHeld() => Assert.That(_held.Wait(TimeSpan.FromSeconds(20)), Is.True, "no run began");

        public void Dispose()
        {
            _runtime.OnRun = null;
            _go.Set();
        }
    }
}
