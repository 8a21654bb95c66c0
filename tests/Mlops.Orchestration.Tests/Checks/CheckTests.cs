namespace Mlops.Orchestration.Tests;

public abstract class CheckTests : StoreTests
{
    [Test]
    public async Task A_check_that_blocks_fails_the_step_for_good_and_keeps_its_result_aside()
    {
        int executed = 0;
        Pipelines pipelines = Work(p =>
        {
            Step<Report> report = p.Step("report", ctx =>
                {
                    Interlocked.Increment(ref executed);
                    return Task.FromResult(new Report("r", Enumerable.Range(0, ctx.Parameters).ToArray()));
                })
                .WithRetry(RetryPolicy.Fixed(5, TimeSpan.Zero))
                .WithCheck("titled", static r => r.Title.Length > 0)
                .WithCheck("rows", static r => r.Scores.Count >= 3 ? null : $"{r.Scores.Count} rows, at least 3 are needed");
            p.Step("publish", report, static (r, _) => Task.FromResult(r.Title));
        });

        PipelineRun bad = await RunAsync(pipelines, 2);

        Assert.That((bad.State, bad.FailedStep, bad.Error), Is.EqualTo((PipelineRunState.Failed, "report", "Check 'rows': 2 rows, at least 3 are needed")));
        Assert.That((await StatesAsync(bad))["publish"], Is.EqualTo(StepState.Blocked));
        Assert.That(executed, Is.EqualTo(1), "another attempt is not made");
        Assert.That((await bad.GetQuarantinedAsync<Report>("report")).Scores, Is.EqualTo((int[])[0, 1]));
        await Assert.ThatAsync(() => bad.GetResultAsync<Report>("report"), Throws.TypeOf<StepResultException>());
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, bad.Id);
        Assert.That(log.OfType<StepFailed>().Single().Kind, Is.EqualTo(StepFailureKind.CheckFailed));
        Assert.That(
            log.OfType<StepChecked>().Select(static e => (e.Step, e.Check, e.Outcome, e.Problem)),
            Is.EqualTo(((string, string, CheckOutcome, string?)[])[("report", "titled", CheckOutcome.Passed, null), ("report", "rows", CheckOutcome.Blocked, "2 rows, at least 3 are needed")]));

        PipelineRun good = await RunAsync(pipelines, 3);
        Assert.That(await good.EnsureSucceeded().GetResultAsync<string>("publish"), Is.EqualTo("r"));
        await Assert.ThatAsync(() => good.GetQuarantinedAsync<Report>("report"), Throws.TypeOf<StepResultException>());
    }

    [Test]
    public async Task A_check_that_warns_lets_the_result_through_and_is_told()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(3));
            p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i))
                .WithCheck("even", static i => i % 2 == 0, CheckSeverity.Warn);
        });

        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, run.Id);
        Assert.That(
            log.OfType<StepChecked>().OrderBy(static e => e.Step, StringComparer.Ordinal).Select(static e => (e.Step, e.Outcome)),
            Is.EqualTo(((string, CheckOutcome)[])[("item[0]", CheckOutcome.Passed), ("item[1]", CheckOutcome.Warned), ("item[2]", CheckOutcome.Passed)]));
        Assert.That(await run.ToHtmlAsync(), Does.Contain("Check &#39;even&#39;: did not pass."));
    }

    [Test]
    public async Task A_large_result_that_is_turned_down_is_kept_with_its_artifacts()
    {
        Pipelines pipelines = Work(static p => p.Step("large", static async ctx =>
        {
            ArtifactRef artifact = await ctx.StoreArtifactAsync(new MemoryStream([1, 2, 3]));
            return new string('x', 100_000) + artifact.Sha256;
        }).WithCheck("short", static text => text.Length < 10));

        PipelineRun run = await RunAsync(pipelines);

        string kept = await run.GetQuarantinedAsync<string>("large");
        Assert.That(kept, Has.Length.EqualTo(100_064));
        List<string> artifacts = await pipelines.Store.ListArtifactsAsync(run.Id, "large", default);
        Assert.That(artifacts, Has.Count.EqualTo(2).And.Contains(kept[100_000..]), "the result itself and what it refers to stay referenced");
    }

    [Test]
    public async Task A_check_that_throws_is_an_attempt_that_failed()
    {
        int looked = 0;
        Pipelines pipelines = Work(p => p.Step("a", static _ => Task.FromResult(1))
            .WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero))
            .WithCheck("late", _ => Interlocked.Increment(ref looked) > 1 ? true : throw new TimeoutException()));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That((await run.EnsureSucceeded().GetStepsAsync()).Single().Failures, Is.EqualTo(1));
    }

    [Test]
    public async Task A_check_that_is_added_makes_a_cached_step_run_again()
    {
        int executed = 0;
        await RunAloneAsync(p => Define(p));
        foreach (Action<Step<int>> change in (Action<Step<int>>[])[static s => s.WithCheck("new", static x => x > 0), static s => s.WithCheck("new", static x => x > 0)])
        {
            PipelineRun run = await RunAloneAsync(p => change(Define(p)));
            Assert.That(executed, Is.EqualTo(2), (await run.ExplainCacheAsync("a"))!.ToString());
        }

        Step<int> Define(PipelineBuilder<int> p) => p.Step("a", _ => Task.FromResult(Interlocked.Increment(ref executed))).WithCache(new CachePolicy { Version = "1" });

        // Checks are not part of the graph: a worker that does not know the new one would take the step as well.
        async Task<PipelineRun> RunAloneAsync(Action<PipelineBuilder<int>> define)
        {
            Pipelines pipelines = Know(define);
            await using PipelineWorker worker = StartWorker(pipelines);
            return await RunAsync(pipelines);
        }
    }

    [Test]
    public void Unusable_checks_are_refused()
    {
        Refuses(static s => s.WithCheck("", static _ => true), "is no step name");
        Refuses(static s => s.WithCheck("x", static _ => true).WithCheck("x", static _ => true), "two checks named 'x'");
        Refuses(static s => s.WithCheck("x", static _ => true, (CheckSeverity)7), "severity 7");

        static void Refuses(Action<Step<int>> change, string why) => Assert.That(
            () => PipelineGraph.Of(new TestPipeline(p => change(p.Step("a", static _ => Task.FromResult(1))))),
            Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains(why));
    }
}
