using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

/// <summary>A batch failed and its calls are run again in parts: those whose turn has not come can still leave.</summary>
public sealed class DividedBatchTests
{
    [Test]
    public async Task A_call_that_waits_behind_a_rerun_that_hangs_is_told_when_its_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using Divided divided = await Divided.StartAsync(time);
        Task<TensorResponse>[] calls = divided.Call(new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }, default);
        divided.WaitUntilRerun();

        time.Advance(TimeSpan.FromSeconds(1.1));

        foreach (Task<TensorResponse> call in calls)
            await Assert.ThrowsAsync<PredictionTimeoutException>(() => call.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task A_call_that_waits_behind_a_rerun_that_hangs_can_be_cancelled_and_the_others_are_answered()
    {
        await using Divided divided = await Divided.StartAsync(new FakeTimeProvider());
        using var stop = new CancellationTokenSource();
        Task<TensorResponse>[] stay = divided.Call(new PredictionOptions { Timeout = TimeSpan.FromMinutes(10) }, default);
        Task<TensorResponse> leaves = divided.Call(4, new PredictionOptions { Timeout = TimeSpan.FromMinutes(10) }, stop.Token);
        divided.WaitUntilRerun();

        stop.Cancel();
        Assert.That(async () => await leaves.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<OperationCanceledException>());
        divided.Go();

        for (int i = 0; i < stay.Length; i++)
        {
            using TensorResponse response = await stay[i];
            Assert.That(response["y"].Get<float>()[0], Is.EqualTo(2 * i + 1));
        }

        Assert.That(divided.Reruns.SelectMany(static run => run), Has.None.EqualTo(4f), "nobody waited for it any more");
    }

    /// <summary>A model whose batch fails and whose first rerun is held.</summary>
    private sealed class Divided(ModelServer server, GatedRuntime runtime) : IAsyncDisposable
    {
        private readonly ManualResetEventSlim _batch = new();
        private readonly ManualResetEventSlim _go = new();
        private readonly SemaphoreSlim _first = new(0);
        private readonly SemaphoreSlim _rerun = new(0);
        private int _runs;
        private int _before;

        public IEnumerable<float[]> Reruns => runtime.Runs.Skip(_before + 2);

        public static async Task<Divided> StartAsync(TimeProvider time)
        {
            var runtime = new GatedRuntime();
            ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime, TimeProvider = time }
                .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(static options => options.Batching.Concurrency = 1)));
            await server.StartAsync();
            ModelExecutorTests.ShareRuns(server);
            var divided = new Divided(server, runtime);
            divided.Begin();
            return divided;
        }

        public Task<TensorResponse> Call(float value, PredictionOptions options, CancellationToken cancellationToken) =>
            server.Get("m").InferAsync(new TensorRequest().AddInput("x", [1, 1], [value]), options, cancellationToken).AsTask();

        public Task<TensorResponse>[] Call(PredictionOptions options, CancellationToken cancellationToken) =>
            [.. Enumerable.Range(0, 4).Select(i => Call(i, options, cancellationToken))];

        public void WaitUntilRerun()
        {
            _batch.Set();
            Assert.That(_rerun.Wait(TimeSpan.FromMinutes(1)), Is.True, "nothing was run again");
        }

        public void Go() => _go.Set();

        public async ValueTask DisposeAsync()
        {
            _batch.Set();
            _go.Set();
            await server.DisposeAsync();
            _batch.Dispose();
            _go.Dispose();
            _first.Dispose();
            _rerun.Dispose();
        }

        // The first run is held until the calls are there, the second holds them all and fails, the third is part of them.
        private void Begin()
        {
            _before = runtime.Runs.Count;
            runtime.OnRun = _ =>
            {
                switch (Interlocked.Increment(ref _runs))
                {
                    case 1:
                        _first.Release();
                        _batch.Wait();
                        break;
                    case 2:
                        throw new InvalidDataException("the batch fails");
                    case 3:
                        _rerun.Release();
                        _go.Wait();
                        break;
                }
            };
            _ = Call(100, default, default);
            Assert.That(_first.Wait(TimeSpan.FromMinutes(1)), Is.True, "no run began");
        }
    }
}
