using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

public sealed class FailedRunTests
{
    [Test]
    public async Task Calls_of_a_run_that_is_too_expensive_to_divide_say_that_they_failed_together()
    {
        var runtime = new GatedRuntime();
        var time = new FakeTimeProvider();
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime, TimeProvider = time }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(static options => options.Batching.Concurrency = 1)));
        await server.StartAsync();
        ModelExecutorTests.ShareRuns(server);
        using var hasBegun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        runtime.OnRun = values =>
        {
            if (values is not [100])
            {
                time.Advance(TimeSpan.FromSeconds(10));
                return;
            }

            hasBegun.Set();
            go.Wait();
        };

        Task first = CallAsync(100);
        Assert.That(hasBegun.Wait(TimeSpan.FromSeconds(60)), Is.True);
        Task<TensorResponse>[] calls = [.. Enumerable.Range(0, 16).Select(i => CallAsync(i == 2 ? GatedRuntime.Guilty : i))];
        go.Set();
        await first;

        List<FailedRun?> shared = [];
        foreach (Task<TensorResponse> call in calls[..8])
            shared.Add((await Assert.ThrowsAsync<PredictionException>(() => call))!.SharedRun);
        Assert.That(shared, Is.All.Not.Null.And.All.SameAs(shared[0]), "of one half, which was not divided any more");
        foreach (Task<TensorResponse> call in calls[8..])
            (await call).Dispose();

        Task<TensorResponse> CallAsync(float value) => server.Get("m").InferAsync(new TensorRequest().AddInput("x", [1, 1], [value])).AsTask();
    }

    [Test]
    public void A_run_is_reported_once_when_the_last_of_its_calls_is_known()
    {
        var run = new FailedRun(3);

        Assert.That(new[] { run.Take(1, isFirst: true), run.Take(2, isFirst: true), run.Take(1, isFirst: false), run.Take(3, isFirst: true) }, Is.EqualTo(new[] { false, false, true, false }));
    }

    [Test]
    public void A_run_with_a_key_that_has_failed_before_is_not_reported()
    {
        var run = new FailedRun(2);

        Assert.That(new[] { run.Take(1, isFirst: false), run.Take(2, isFirst: true) }, Is.All.False);
    }
}
