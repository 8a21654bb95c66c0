using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

public abstract class RunTests : StoreTests
{
    [Test]
    public async Task A_repeated_key_returns_the_first_run_and_one_with_other_parameters_is_refused()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Parameters)));

        PipelineRun first = await StartAsync(pipelines, 1, "monday");
        PipelineRun second = await StartAsync(pipelines, 1, "monday");
        PipelineRun other = await StartAsync(pipelines, 2, "tuesday");

        Assert.That(second.Id, Is.EqualTo(first.Id));
        await Assert.ThatAsync(
            () => StartAsync(pipelines, 2, "monday"),
            Throws.TypeOf<IdempotencyConflictException>().With.Property("Key").EqualTo("monday").And.Message.Contains($"run {first.Id} of 'test'"));
        await Assert.ThatAsync(
            () => pipelines.StartAsync<TestPipeline, int>(1, new StartOptions { IdempotencyKey = "monday", Only = ["a"] }), Throws.TypeOf<IdempotencyConflictException>());
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(2));
        Assert.That(other.Id, Is.Not.EqualTo(first.Id));
        Assert.That(first.IdempotencyKey, Is.EqualTo("monday"));
    }

    [Test]
    public async Task Eight_starts_at_once_with_one_key_make_one_run()
    {
        Pipelines[] clients = [.. Enumerable.Range(0, 8).Select(_ => Know(static p => p.Step("a", static _ => Task.FromResult(1))))];

        PipelineRun[] runs = await Task.WhenAll(clients.Select(static client => StartAsync(client, 0, "once")));

        Assert.That(runs.Select(static run => run.Id).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await clients[0].ListRunsAsync("test"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Starts_without_a_key_are_all_different()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));

        PipelineRun first = await StartAsync(pipelines);
        PipelineRun second = await StartAsync(pipelines);

        Assert.That(second.Id, Is.Not.EqualTo(first.Id));
    }

    [Test]
    public async Task The_idempotency_key_of_a_step_stays_over_attempts_and_differs_between_steps_and_runs()
    {
        var seen = new System.Collections.Concurrent.ConcurrentQueue<(string Step, string Key, long Token)>();
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", ctx =>
            {
                seen.Enqueue((ctx.StepKey, ctx.IdempotencyKey, ctx.FencingToken));
                return ctx.Attempt == 1 ? throw new TimeoutException() : Task.FromResult(1);
            }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
            p.Step("b", a, (x, ctx) =>
            {
                seen.Enqueue((ctx.StepKey, ctx.IdempotencyKey, ctx.FencingToken));
                return Task.FromResult(x);
            });
        });

        await RunAsync(pipelines);
        await RunAsync(pipelines);

        (string Step, string Key, long Token)[] all = [.. seen];
        Assert.That(all, Has.Length.EqualTo(6));
        Assert.That(all[0].Key, Is.EqualTo(all[1].Key).And.Length.EqualTo(32));
        Assert.That(all[1].Token, Is.GreaterThan(all[0].Token));
        Assert.That(all.Select(static s => s.Key).Distinct().Count(), Is.EqualTo(4), "two steps in two runs");
    }

    [Test]
    public async Task A_watch_resumes_after_the_entry_it_has_seen()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static _ => Task.FromResult(1)));
        PipelineRun run = await RunAsync(pipelines);
        List<RunEvent> all = await LogInvariants.ReadAsync(pipelines, run.Id);

        List<RunEvent> rest = [];
        await foreach (RunEvent entry in pipelines.WatchAsync(run.Id, all[1].Sequence + 1))
        {
            rest.Add(entry);
        }

        Assert.That(rest, Is.EqualTo(all.Skip(2)));
    }

    [Test]
    public async Task A_watch_sees_entries_as_they_come_and_ends_with_the_run()
    {
        var go = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(p => p.Step("a", _ => go.Task));
        PipelineRun run = await StartAsync(pipelines);

        List<string> seen = [];
        await foreach (RunEvent entry in pipelines.WatchAsync(run.Id))
        {
            seen.Add(entry.GetType().Name);
            if (entry is StepStarted)
            {
                go.SetResult(1);
            }
        }

        Assert.That(seen, Is.EqualTo((string[])["RunStarted", "StepStarted", "StepSucceeded", "RunSucceeded"]));
    }

    [Test]
    public async Task A_log_longer_than_a_page_is_read_whole()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(300));
            p.ForEach("i", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await LogInvariants.ReadAsync(pipelines, run.Id), Has.Count.EqualTo((int)run.LastSequence).And.Count.EqualTo(2 + 2 * 302));
    }

    [Test]
    public async Task Runs_are_listed_newest_first_in_pages()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        List<long> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add((await StartAsync(pipelines)).Id);
        }

        IReadOnlyList<PipelineRun> page = await pipelines.ListRunsAsync("test", 3);
        IReadOnlyList<PipelineRun> next = await pipelines.ListRunsAsync("test", 3, before: page[^1].Id);

        Assert.That(page.Concat(next).Select(static run => run.Id), Is.EqualTo(Enumerable.Reverse(ids)));
        Assert.That(await pipelines.ListRunsAsync("other"), Is.Empty);
    }

    [Test]
    public async Task A_run_that_does_not_exist_is_null_or_a_named_error()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));

        Assert.That(await pipelines.FindAsync(4_711), Is.Null);
        Assert.That(() => pipelines.GetAsync(4_711), Throws.TypeOf<PipelineRunNotFoundException>().With.Message.Contains("4711").And.Message.Contains($"{nameof(Pipelines)}.{nameof(Pipelines.ListRunsAsync)}"));
        Assert.That(() => pipelines.WaitAsync(4_711), Throws.TypeOf<PipelineRunNotFoundException>());
        Assert.That(() => pipelines.CancelAsync(4_711, "x"), Throws.TypeOf<PipelineRunNotFoundException>());
    }

    [Test]
    [NonParallelizable]
    public async Task A_run_is_stored_at_the_level_asked_for_and_without_one_at_Process()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await StartAsync(pipelines);

        PipelineRun? run = null;
        Assert.That(
            await CommitRecorder.CountPowerAsync(async () => run = await pipelines.StartAsync<TestPipeline, int>(3, new StartOptions { Durability = Durability.Power })),
            Is.EqualTo(1));
        Assert.That((await pipelines.GetAsync(run!.Id)).GetParameters<int>(), Is.EqualTo(3));
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(() => StartAsync(pipelines)), Is.True);
    }

    [Test]
    [NonParallelizable]
    public async Task Steps_are_claimed_and_committed_at_Process()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        PipelineRun run = await StartAsync(pipelines);

        Assert.That(
            await CommitRecorder.IsProcessOnlyAsync(async () =>
            {
                StartWorker(pipelines);
                await FinishAsync(pipelines, run.Id);
            }),
            Is.True);
    }

    [Test]
    public async Task Parameters_that_JSON_does_not_hold_are_the_callers_mistake()
    {
        var pipelines = new Pipelines(Database, [new Measuring()]);

        await Assert.ThatAsync(
            () => pipelines.StartAsync<Measuring, Measured>(new Measured(double.NaN)),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("parameters").And.Message.Contains(typeof(Measured).ToString()));
        Assert.That(await pipelines.ListRunsAsync("measuring"), Is.Empty);
    }

    [Test]
    public void A_pipeline_that_is_not_registered_is_named()
    {
        var pipelines = new Pipelines(Database, []);

        Assert.That(() => StartAsync(pipelines), Throws.InvalidOperationException.With.Message.Contains("AddPipeline<TestPipeline>()"));
    }

    [Test]
    public async Task The_end_of_a_step_frees_its_slot_at_once()
    {
        PipelineWorkerOptions options = Quick(slots: 1);
        options.PollInterval = TimeSpan.FromMinutes(1);
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        List<PipelineRun> runs = [];
        for (int i = 0; i < 200; i++)
        {
            runs.Add(await StartAsync(pipelines));
        }

        // Each is found when the one before wakes the worker, and not by looking: that would take hours.
        StartWorker(pipelines, options);
        foreach (PipelineRun run in runs)
        {
            (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        }
    }

    private sealed class Measuring : IPipelineDefinition<Measured>
    {
        public string Name => "measuring";

        public void Define(PipelineBuilder<Measured> p) => p.Serialize(TestContextOfTypes.Default).Step("a", static _ => Task.FromResult(1));
    }
}
