using System.Collections.Concurrent;
using System.Text;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

public abstract partial class CacheTests : StoreTests
{
    private readonly ConcurrentQueue<string> _ran = new();

    [SetUp]
    public void Forget() => _ran.Clear();

    [Test]
    public async Task A_second_run_takes_over_what_has_not_changed()
    {
        Pipelines pipelines = Work(p => Chain(p, new CachePolicy()));

        PipelineRun first = (await RunAsync(pipelines, 3)).EnsureSucceeded();
        PipelineRun second = (await RunAsync(pipelines, 3)).EnsureSucceeded();

        Assert.That(_ran, Is.EqualTo((string[])["load", "train"]));
        Assert.That(await second.GetResultAsync<int>("train"), Is.EqualTo(30));
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, second.Id);
        Assert.That(log.OfType<StepCached>().Select(static e => (e.Step, e.FromRun)), Is.EqualTo(((string, long)[])[("load", first.Id), ("train", first.Id)]));
        CacheExplanation why = (await second.ExplainCacheAsync("train"))!;
        Assert.That((why.Outcome, why.FromRun, why.ToString()), Is.EqualTo((CacheOutcome.Hit, first.Id, $"Taken from run {first.Id}.")));
        Assert.That((await first.ExplainCacheAsync("train"))!.ToString(), Is.EqualTo("The step has no earlier result."));
        Assert.That(await first.ExplainCacheAsync("nothing"), Is.Null);
    }

    [Test]
    public async Task What_differs_is_named()
    {
        PipelineRun first = await RunWithAsync("1", 3, ("seed", "1"), ("gpu", "a"));
        PipelineRun parameters = await RunWithAsync("1", 4, ("seed", "1"), ("gpu", "a"));
        PipelineRun code = await RunWithAsync("2", 4, ("seed", "1"), ("gpu", "a"));
        PipelineRun environment = await RunWithAsync("2", 4, ("seed", "2"), ("os", "b"));

        Assert.That(_ran, Has.Count.EqualTo(8), "every run ran both steps");
        Assert.That((await parameters.ExplainCacheAsync("load"))!.Changes, Is.EqualTo((string[])["parameters"]));
        CacheExplanation train = (await parameters.ExplainCacheAsync("train"))!;
        Assert.That(train.Changes, Is.EqualTo((string[])["input load", "parameters"]));
        Assert.That(train.ToString(), Is.EqualTo($"Changed since run {first.Id}: input load, parameters."));
        Assert.That((await code.ExplainCacheAsync("train"))!.Changes, Is.EqualTo((string[])["code"]));
        Assert.That((await environment.ExplainCacheAsync("train"))!.Changes, Is.EqualTo((string[])["environment gpu", "environment os", "environment seed"]));

        // One worker at a time: the policy is code, and the graph is the same for all of them.
        async Task<PipelineRun> RunWithAsync(string version, int parameter, params (string Name, string Value)[] environment)
        {
            Pipelines pipelines = Know(p => Chain(p, new CachePolicy { Version = version, Environment = environment.ToDictionary(static e => e.Name, static e => e.Value) }));
            await using PipelineWorker worker = StartWorker(pipelines);
            return (await RunAsync(pipelines, parameter)).EnsureSucceeded();
        }
    }

    [Test]
    public async Task A_result_that_comes_out_the_same_cuts_off_what_follows()
    {
        Pipelines pipelines = Work(p =>
        {
            Step<int> load = p.Step("load", ctx => Ran(ctx, ctx.Parameters % 10)).WithCache();
            p.Step("train", load, (x, ctx) => Ran(ctx, x * 10)).WithCache(new CachePolicy { UsesParameters = false });
        });

        await RunAsync(pipelines, 3);
        PipelineRun second = (await RunAsync(pipelines, 13)).EnsureSucceeded();

        Assert.That(_ran, Is.EqualTo((string[])["load", "train", "load"]));
        Assert.That(await second.GetResultAsync<int>("train"), Is.EqualTo(30));
    }

    [Test]
    public async Task Items_are_taken_over_one_by_one()
    {
        Pipelines pipelines = Work(p =>
        {
            Step<int> n = p.Step("n", static ctx => Task.FromResult(ctx.Parameters));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", (i, ctx) => Ran(ctx, i * i))
                .WithCache(new CachePolicy { UsesParameters = false });
            p.Step("sum", items, (all, ctx) => Ran(ctx, all.Sum())).WithCache(new CachePolicy { UsesParameters = false });
        });

        await RunAsync(pipelines, 3);
        _ran.Clear();
        PipelineRun second = (await RunAsync(pipelines, 5)).EnsureSucceeded();

        Assert.That(_ran, Is.EquivalentTo((string[])["item[3]", "item[4]", "sum"]));
        Assert.That(await second.GetResultAsync<int>("sum"), Is.EqualTo(30));
    }

    [Test]
    public async Task A_run_may_refresh_or_ignore_what_is_known()
    {
        int version = 1;
        Pipelines pipelines = Work(p => p.Step("a", ctx => Ran(ctx, version)).WithCache());
        await RunAsync(pipelines);

        version = 2;
        PipelineRun ignored = await RunWithAsync(new StartOptions { Cache = CacheUse.Ignore });
        PipelineRun known = await RunWithAsync(new StartOptions());
        PipelineRun refreshed = await RunWithAsync(new StartOptions { CacheOfSteps = new Dictionary<string, CacheUse> { ["a"] = CacheUse.Refresh } });
        PipelineRun last = await RunWithAsync(new StartOptions { Cache = CacheUse.Ignore, CacheOfSteps = new Dictionary<string, CacheUse> { ["a"] = CacheUse.Use } });

        Assert.That(
            (await ResultAsync(ignored), await ResultAsync(known), await ResultAsync(refreshed), await ResultAsync(last)), Is.EqualTo((2, 1, 2, 2)));
        Assert.That((await ignored.ExplainCacheAsync("a"))!.Outcome, Is.EqualTo(CacheOutcome.Ignored));
        Assert.That((await refreshed.ExplainCacheAsync("a"))!.Outcome, Is.EqualTo(CacheOutcome.Refreshed));
        Assert.That((await last.ExplainCacheAsync("a"))!.FromRun, Is.EqualTo(refreshed.Id));

        async Task<PipelineRun> RunWithAsync(StartOptions options) => await FinishAsync(pipelines, (await pipelines.StartAsync<TestPipeline, int>(0, options)).Id);

        async Task<int> ResultAsync(PipelineRun run) => await run.EnsureSucceeded().GetResultAsync<int>("a");
    }

    [Test]
    public async Task An_expired_result_is_made_again()
    {
        var clock = new Mlops.Storage.Conformance.SettableClock();
        clock.Set(1_000_000_000);
        var pipelines = new Pipelines(
            Database, [new TestPipeline(p => p.Step("a", ctx => Ran(ctx, 1)).WithCache(new CachePolicy { Lifetime = TimeSpan.FromHours(1) }))], clock: clock);
        StartWorker(pipelines);

        await RunAsync(pipelines);
        clock.Advance(TimeSpan.FromMinutes(59));
        PipelineRun hit = await RunAsync(pipelines);
        clock.Advance(TimeSpan.FromMinutes(2));
        PipelineRun expired = await RunAsync(pipelines);

        Assert.That((await hit.ExplainCacheAsync("a"))!.Outcome, Is.EqualTo(CacheOutcome.Hit));
        Assert.That((await expired.ExplainCacheAsync("a"))!.Outcome, Is.EqualTo(CacheOutcome.Expired));
        Assert.That(_ran, Has.Count.EqualTo(2));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_result_whose_artifact_is_missing_or_damaged_is_made_again(bool missing)
    {
        Pipelines pipelines = Work(p => p.Step("model", async ctx =>
        {
            await Ran(ctx, 1);
            using var content = new MemoryStream(Encoding.UTF8.GetBytes("the weights"));
            return await ctx.StoreArtifactAsync(content, ctx.CancellationToken);
        }).WithCache());
        PipelineRun first = (await RunAsync(pipelines)).EnsureSucceeded();
        string folder = pipelines.Payloads.Catalog.Store.LocalFolder!;
        string file = Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Single(static path => File.ReadAllText(path) == "the weights");

        PipelineRun whole = (await RunAsync(pipelines)).EnsureSucceeded();
        Assert.That((await whole.ExplainCacheAsync("model"))!.FromRun, Is.EqualTo(first.Id));
        if (missing)
        {
            File.Delete(file);
        }
        else
        {
            File.SetAttributes(file, FileAttributes.Normal);
            await File.WriteAllTextAsync(file, "the wEights");
        }

        PipelineRun again = (await RunAsync(pipelines)).EnsureSucceeded();
        PipelineRun last = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(_ran, Has.Count.EqualTo(2));
        Assert.That((await again.ExplainCacheAsync("model"))!.Outcome, Is.EqualTo(CacheOutcome.Damaged));
        Assert.That((await last.ExplainCacheAsync("model"))!.FromRun, Is.EqualTo(again.Id));
    }

    [Test]
    public async Task What_is_taken_over_stays_when_the_run_that_made_it_lets_go()
    {
        Pipelines pipelines = Know(static p => p.Step("big", static _ => Task.FromResult(new string('x', 100_000))).WithCache());
        PipelineWorker worker = StartWorker(pipelines);
        PipelineRun first = await RunAsync(pipelines);
        PipelineRun second = await RunAsync(pipelines);

        // What a slot holds of a step outlives the end of its run for a moment.
        await worker.StopAsync();
        Assert.That((await second.ExplainCacheAsync("big"))!.FromRun, Is.EqualTo(first.Id));
        ContentHash hash = ContentHash.Parse((await pipelines.Store.FindResultAsync(first.Id, "big", default))!.Payload.ContentHash!);

        await LetGoAsync(first);
        Assert.That((await pipelines.Payloads.Catalog.CollectGarbageAsync()).Artifacts, Is.Zero);
        Assert.That(await second.GetResultAsync<string>("big"), Has.Length.EqualTo(100_000));

        await LetGoAsync(second);
        Assert.That((await pipelines.Payloads.Catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1), "nobody else holds it");

        Task<int> LetGoAsync(PipelineRun run) => Database.WriteAsync((hash, run.Id), static (session, state) =>
        {
            ArtifactCatalog.RemoveReference(session, state.hash, FormattableString.Invariant($"orchestration/run/{state.Id}/big"));
            return 0;
        });
    }

    [Test]
    public async Task Of_several_runs_at_once_one_does_the_work()
    {
        var gate = new TaskCompletionSource();
        Action<PipelineBuilder<int>> define = p => p.Step("a", async ctx =>
        {
            await gate.Task;
            return await Ran(ctx, 1);
        }).WithCache();
        Pipelines pipelines = Work(define);
        Work(define);
        PipelineRun[] runs = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StartAsync(pipelines)))];
        await SeeAsync<StepStarted>(pipelines, runs[^1].Id);

        gate.SetResult();
        foreach (PipelineRun run in runs)
        {
            Assert.That(await (await FinishAsync(pipelines, run.Id)).EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(1));
        }

        Assert.That(_ran, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_attempt_that_has_lost_its_step_does_not_become_the_one_that_works()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)).WithCache());
        await pipelines.RegisterAsync();
        await StartAsync(pipelines);
        ClaimedStep lost = (await pipelines.Store.ClaimAsync("one", 1, default)).Single();
        await pipelines.Store.ReleaseAsync(lost, "test", default);
        Assert.That(await pipelines.Store.TryLeadAsync(lost, "key", default), Is.False, "nobody owns the step");
        ClaimedStep owner = (await pipelines.Store.ClaimAsync("two", 1, default)).Single();

        Assert.That(await pipelines.Store.TryLeadAsync(lost, "key", default), Is.False);
        Assert.That(await pipelines.Store.TryLeadAsync(owner, "key", default), Is.True);
        Assert.That(await pipelines.Store.TryLeadAsync(owner, "key", default), Is.False, "it works already");
    }

    [Test]
    public async Task When_the_one_that_works_fails_another_takes_over()
    {
        Pipelines pipelines = Work(p => p.Step("a", async ctx =>
        {
            await Ran(ctx, 1);
            await Task.Delay(50, ctx.CancellationToken);
            return _ran.Count == 1 ? throw new InvalidOperationException("the first one fails") : 7;
        }).WithCache());

        PipelineRun[] runs = [await StartAsync(pipelines), await StartAsync(pipelines), await StartAsync(pipelines)];
        PipelineRun[] ended = [.. await Task.WhenAll(runs.Select(run => FinishAsync(pipelines, run.Id)))];

        Assert.That(ended.Count(static run => run.State == PipelineRunState.Succeeded), Is.EqualTo(2));
        Assert.That(_ran, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_rerun_takes_over_a_step_that_came_from_the_cache()
    {
        bool broken = true;
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", ctx => Ran(ctx, 5)).WithCache();
            p.Step("b", a, (x, _) => broken ? throw new InvalidOperationException() : Task.FromResult(x + 1));
        });
        await RunAsync(pipelines);
        PipelineRun failed = await RunAsync(pipelines);
        broken = false;

        PipelineRun again = await FinishAsync(pipelines, (await pipelines.RerunAsync(failed.Id)).Id);

        Assert.That(await again.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(6));
        Assert.That(_ran, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Values_of_the_environment_are_not_stored()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static _ => Task.FromResult(1))
            .WithCache(new CachePolicy { Environment = new Dictionary<string, string> { ["token"] = "canary-7351" } }));
        await RunAsync(pipelines);

        List<string> parts = await Database.QueryAsync("SELECT parts FROM orchestration_cache_use", static row => row.GetString(0), CancellationToken.None);
        Assert.That(parts.Single(), Does.Contain("environment token ").And.Not.Contain("canary"));
    }

    [Test]
    public async Task Unusable_policies_are_refused()
    {
        Refuses(new CachePolicy { Version = "" });
        Refuses(new CachePolicy { Lifetime = TimeSpan.Zero });
        Refuses(new CachePolicy { Environment = new Dictionary<string, string> { ["a\nb"] = "1" } });
        Refuses(new CachePolicy { Environment = null! });
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await Assert.ThatAsync(
            () => pipelines.StartAsync<TestPipeline, int>(0, new StartOptions { CacheOfSteps = new Dictionary<string, CacheUse> { ["nobody"] = CacheUse.Ignore } }),
            Throws.ArgumentException.With.Message.Contains("'nobody'"));
        await Assert.ThatAsync(
            () => pipelines.StartAsync<TestPipeline, int>(0, new StartOptions { Cache = (CacheUse)9 }), Throws.ArgumentException);

        void Refuses(CachePolicy policy) =>
            Assert.That(() => Know(p => p.Step("a", static _ => Task.FromResult(1)).WithCache(policy)), Throws.TypeOf<PipelineDefinitionException>());
    }

    private void Chain(PipelineBuilder<int> p, CachePolicy policy)
    {
        Step<int> load = p.Step("load", ctx => Ran(ctx, ctx.Parameters)).WithCache(policy);
        p.Step("train", load, (x, ctx) => Ran(ctx, x * 10)).WithCache(policy);
    }

    private Task<int> Ran(StepContext ctx, int result)
    {
        _ran.Enqueue(ctx.StepKey);
        return Task.FromResult(result);
    }
}
