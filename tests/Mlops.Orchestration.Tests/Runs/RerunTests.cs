using System.Collections.Concurrent;
using System.Text;

namespace Mlops.Orchestration.Tests;

public abstract class RerunTests : StoreTests
{
    [Test]
    public async Task A_rerun_takes_over_what_succeeded_and_runs_the_rest()
    {
        bool broken = true;
        var ran = new ConcurrentQueue<string>();
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", ctx => Ran(ran, ctx, ctx.Parameters));
            Step<int> b = p.Step("b", a, (x, ctx) => broken ? throw new InvalidOperationException("bad") : Ran(ran, ctx, x * 10));
            Step<int> c = p.Step("c", a, (x, ctx) => Ran(ran, ctx, x * 100));
            p.Step("d", b, c, (x, y, ctx) => Ran(ran, ctx, x + y));
        });
        PipelineRun first = await RunAsync(pipelines, 7);
        Assert.That(first.State, Is.EqualTo(PipelineRunState.Failed));
        broken = false;
        ran.Clear();

        PipelineRun second = await pipelines.RerunAsync(first.Id);
        second = await FinishAsync(pipelines, second.Id);

        Assert.That(await second.EnsureSucceeded().GetResultAsync<int>("d"), Is.EqualTo(770));
        Assert.That(ran, Is.EqualTo((string[])["b", "d"]));
        Assert.That(second.RerunOf, Is.EqualTo(first.Id));
        Assert.That(second.GetParameters<int>(), Is.EqualTo(7));
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, second.Id);
        Assert.That(log.OfType<StepReused>().Select(static e => (e.Step, e.FromRun)), Is.EqualTo(((string, long)[])[("a", first.Id), ("c", first.Id)]));
        Assert.That((await pipelines.GetAsync(first.Id)).State, Is.EqualTo(PipelineRunState.Failed), "the first run stays as it is");
    }

    [Test]
    public async Task A_rerun_from_a_step_runs_it_and_all_that_needs_it()
    {
        var ran = new ConcurrentQueue<string>();
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", ctx => Ran(ran, ctx, 1));
            Step<int> b = p.Step("b", a, (x, ctx) => Ran(ran, ctx, x));
            p.Step("side", a, (x, ctx) => Ran(ran, ctx, x));
            p.When(b, static _ => true).Then(t => t.Step("then", b, (x, ctx) => Ran(ran, ctx, x)));
        });
        PipelineRun first = (await RunAsync(pipelines)).EnsureSucceeded();
        ran.Clear();

        PipelineRun second = await pipelines.RerunAsync(first.Id, ["b"]);
        (await FinishAsync(pipelines, second.Id)).EnsureSucceeded();

        Assert.That(ran, Is.EquivalentTo((string[])["b", "then"]));
    }

    [Test]
    public async Task A_decision_that_is_kept_keeps_its_skipped_branch_skipped_and_one_that_falls_again_may_fall_otherwise()
    {
        int level = 1;
        Pipelines pipelines = Work(p =>
        {
            Step<int> a = p.Step("a", _ => Task.FromResult(level));
            p.When(a, static x => x > 1)
                .Then(t =>
                {
                    Step<int> high = t.Step("high", a, static (x, _) => Task.FromResult(x));
                    t.When(high, static x => x > 2).Then(u => u.Step("highest", high, static (x, _) => Task.FromResult(x)));
                })
                .Else(e => e.Step("low", a, static (x, _) => Task.FromResult(x)));
        });
        PipelineRun first = (await RunAsync(pipelines)).EnsureSucceeded();
        level = 3;

        PipelineRun kept = await pipelines.RerunAsync(first.Id, ["low"]);
        PipelineRun again = await pipelines.RerunAsync(first.Id, ["a"]);
        kept = (await FinishAsync(pipelines, kept.Id)).EnsureSucceeded();
        again = (await FinishAsync(pipelines, again.Id)).EnsureSucceeded();

        Dictionary<string, StepState> states = await StatesAsync(kept);
        Assert.That((states["low"], states["high"], states["highest"]), Is.EqualTo((StepState.Succeeded, StepState.Skipped, StepState.Skipped)));
        states = await StatesAsync(again);
        Assert.That((states["low"], states["high"], states["highest"]), Is.EqualTo((StepState.Skipped, StepState.Succeeded, StepState.Succeeded)));
    }

    [Test]
    public async Task Of_a_group_only_the_items_that_failed_or_are_named_run_again()
    {
        bool broken = true;
        var ran = new ConcurrentQueue<string>();
        Pipelines pipelines = Work(p =>
        {
            Step<int> n = p.Step("n", ctx => Ran(ran, ctx, 4));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", (i, ctx) =>
                broken && i == 2 ? throw new InvalidOperationException("bad item") : Ran(ran, ctx, i * i));
            p.Step("sum", items, (all, ctx) => Ran(ran, ctx, all.Sum()));
        });
        PipelineRun first = await RunAsync(pipelines);
        Assert.That(first.FailedStep, Is.EqualTo("item[2]"));
        broken = false;
        ran.Clear();

        PipelineRun second = await pipelines.RerunAsync(first.Id, ["item[0]"]);
        second = (await FinishAsync(pipelines, second.Id)).EnsureSucceeded();
        Assert.That(ran, Is.EquivalentTo((string[])["item[0]", "item[2]", "sum"]));
        Assert.That(await second.GetResultAsync<int>("sum"), Is.EqualTo(14));

        // A rerun is a run like any other, also as the source of the next.
        ran.Clear();
        PipelineRun third = await pipelines.RerunAsync(second.Id, ["item"]);
        third = (await FinishAsync(pipelines, third.Id)).EnsureSucceeded();
        Assert.That(ran, Is.EquivalentTo((string[])["item[0]", "item[1]", "item[2]", "item[3]", "sum"]));
        Assert.That(await third.GetResultAsync<int>("sum"), Is.EqualTo(14));
    }

    [Test]
    public async Task A_cancelled_run_goes_on_in_its_rerun()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", a, static (x, _) => Task.FromResult(x + 1));
        });
        PipelineRun first = await StartAsync(pipelines);
        await pipelines.CancelAsync(first.Id, "not now");
        StartWorker(pipelines);

        PipelineRun second = await pipelines.RerunAsync(first.Id);

        second = (await FinishAsync(pipelines, second.Id)).EnsureSucceeded();
        Assert.That(await second.GetResultAsync<int>("b"), Is.EqualTo(2));
    }

    [Test]
    public async Task The_artifacts_of_a_result_that_was_taken_over_are_kept_for_the_new_run_too()
    {
        bool broken = true;
        Pipelines pipelines = Work(p =>
        {
            Step<ArtifactRef> model = p.Step("model", static async ctx =>
            {
                using var content = new MemoryStream(Encoding.UTF8.GetBytes("weights"));
                return await ctx.StoreArtifactAsync(content, ctx.CancellationToken);
            });
            Step<string> big = p.Step("big", static _ => Task.FromResult(new string('x', 100_000)));
            p.Step("use", model, big, (_, text, _) => broken ? throw new InvalidOperationException() : Task.FromResult(text.Length));
        });
        PipelineRun first = await RunAsync(pipelines);
        broken = false;

        PipelineRun second = await pipelines.RerunAsync(first.Id);
        second = (await FinishAsync(pipelines, second.Id)).EnsureSucceeded();

        Assert.That(await second.GetResultAsync<int>("use"), Is.EqualTo(100_000));
        List<long> owners = await Database.QueryAsync(
            "SELECT count(DISTINCT owner) FROM mlops_artifact_reference GROUP BY hash", static row => row.GetInt64(0), CancellationToken.None);
        Assert.That(owners, Is.EqualTo((long[])[2, 2]), "each of the two artifacts belongs to a step of each run");
    }

    [Test]
    public async Task A_repeated_key_returns_the_first_rerun()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        PipelineRun first = await StartAsync(pipelines);
        await pipelines.CancelAsync(first.Id, "x");

        PipelineRun one = await pipelines.RerunAsync(first.Id, options: new StartOptions { IdempotencyKey = "again" });
        PipelineRun two = await pipelines.RerunAsync(first.Id, options: new StartOptions { IdempotencyKey = "again" });

        Assert.That(two.Id, Is.EqualTo(one.Id));
    }

    [Test]
    public async Task What_cannot_be_run_again_is_refused_by_name()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(0));
            p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
        });
        PipelineRun run = await StartAsync(pipelines);

        await Assert.ThatAsync(() => pipelines.RerunAsync(run.Id), Throws.TypeOf<PipelineException>().With.Message.Contains("not over yet"));
        await Assert.ThatAsync(() => pipelines.RerunAsync(4_711), Throws.TypeOf<PipelineRunNotFoundException>());
        StartWorker(pipelines);
        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        await Assert.ThatAsync(() => pipelines.RerunAsync(run.Id), Throws.ArgumentException.With.Message.Contains("all its steps succeeded"));
        await Assert.ThatAsync(() => pipelines.RerunAsync(run.Id, ["nothing"]), Throws.ArgumentException.With.Message.Contains("no such step"));
        await Assert.ThatAsync(() => pipelines.RerunAsync(run.Id, ["item[7]"]), Throws.ArgumentException.With.Message.Contains("item[7]"));

        Pipelines changed = Know(static p => p.Step("n", static _ => Task.FromResult(0)));
        await Assert.ThatAsync(() => changed.RerunAsync(run.Id, ["n"]), Throws.TypeOf<PipelineException>().With.Message.Contains("another graph"));
        var stranger = new Pipelines(Database, []);
        await Assert.ThatAsync(() => stranger.RerunAsync(run.Id, ["n"]), Throws.InvalidOperationException.With.Message.Contains("'test'"));
    }

    private static Task<int> Ran(ConcurrentQueue<string> ran, StepContext ctx, int result)
    {
        ran.Enqueue(ctx.StepKey);
        return Task.FromResult(result);
    }
}
