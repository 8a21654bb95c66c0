namespace Mlops.Orchestration.Tests;

public abstract class RepeatTests : StoreTests
{
    [Test]
    public async Task A_step_is_repeated_on_its_own_result_until_that_will_do()
    {
        Pipelines pipelines = Work(static p => Halve(p));

        PipelineRun run = await RunAsync(pipelines, 100);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("end"), Is.EqualTo("12"), "100, 50, 25, 12");
        Assert.That(await run.GetResultAsync<int>("halve"), Is.EqualTo(12), "a loop has the result of its last round");
        Assert.That(await run.GetResultAsync<int>("halve[2]"), Is.EqualTo(25));
        Assert.That((await run.GetStepsAsync()).Select(static step => step.Key), Is.EqualTo((string[])["start", "halve", "halve[1]", "halve[2]", "halve[3]", "end"]));
    }

    [Test]
    public async Task After_the_last_allowed_round_its_result_is_taken()
    {
        Pipelines pipelines = Work(static p => Halve(p, maximumRounds: 2));

        PipelineRun run = await RunAsync(pipelines, 100);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("end"), Is.EqualTo("25"));
    }

    [Test]
    public async Task Twelve_rounds_end_with_the_twelfth()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> zero = p.Step("zero", static _ => Task.FromResult(0));
            RepeatedStep<int> count = p.Repeat("count", zero, 50, static (x, round, _) => Task.FromResult(x + round), static x => x >= 78);
            p.Step("end", count, static (x, _) => Task.FromResult(x));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("end"), Is.EqualTo(78), "1 + ... + 12, by number and not by name");
        Assert.That((await run.GetStepsAsync()).Count(static step => step.Key.StartsWith("count[", StringComparison.Ordinal)), Is.EqualTo(12));
    }

    [Test]
    public async Task Rounds_retry_and_a_round_that_fails_blocks_what_needs_the_loop()
    {
        Pipelines pipelines = Work(static p => Halve(p, throwAt: 2).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));

        PipelineRun once = await RunAsync(pipelines, 100);
        Assert.That(await once.EnsureSucceeded().GetResultAsync<string>("end"), Is.EqualTo("12"));
        Assert.That((await once.GetStepsAsync()).Single(static step => step.Key == "halve[2]").Failures, Is.EqualTo(1));

        PipelineRun failed = await RunAsync(pipelines, -100);
        Dictionary<string, StepState> states = await StatesAsync(failed);
        Assert.That((failed.FailedStep, states["end"], states.ContainsKey("halve[3]")), Is.EqualTo(("halve[2]", StepState.Blocked, false)));
    }

    [TestCase("halve[2]", new[] { "start", "halve", "halve[1]" })]
    [TestCase("halve", new[] { "start" })]
    [TestCase("end", new[] { "start", "halve", "halve[1]", "halve[2]", "halve[3]" })]
    public async Task A_rerun_takes_over_the_rounds_before(string from, string[] expected)
    {
        Pipelines pipelines = Work(static p => Halve(p));
        PipelineRun first = await RunAsync(pipelines, 100);

        PipelineRun again = await FinishAsync(pipelines, (await pipelines.RerunAsync(first.Id, [from])).Id);

        Assert.That(await again.EnsureSucceeded().GetResultAsync<string>("end"), Is.EqualTo("12"));
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, again.Id);
        Assert.That(log.OfType<StepReused>().Select(static e => e.Step), Is.EqualTo(expected));
        Assert.That((await again.GetStepsAsync()).Select(static step => step.Key), Is.EqualTo((string[])["start", "halve", "halve[1]", "halve[2]", "halve[3]", "end"]));
    }

    [Test]
    public async Task Rounds_from_the_cache_decide_like_those_that_ran()
    {
        int executed = 0;
        Pipelines pipelines = Work(p => Halve(p, count: () => Interlocked.Increment(ref executed)).WithCache(new CachePolicy { Version = "1", UsesParameters = false }));

        await RunAsync(pipelines, 100);
        Assert.That(executed, Is.EqualTo(3));
        PipelineRun second = await RunAsync(pipelines, 100);

        Assert.That(executed, Is.EqualTo(3));
        Assert.That(await second.EnsureSucceeded().GetResultAsync<string>("end"), Is.EqualTo("12"));
        PipelineRun third = await RunAsync(pipelines, 101);
        Assert.That(executed, Is.EqualTo(4), "101 halves to 50, and from there on everything is known");
        Assert.That(await third.GetResultAsync<int>("halve"), Is.EqualTo(12));
    }

    [Test]
    public void Unusable_loops_are_refused()
    {
        Assert.That(() => PipelineGraph.Of(new TestPipeline(static p => Halve(p, maximumRounds: 0))), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maximumRounds"));
        Assert.That(() => PipelineGraph.Of(new TestPipeline(static p => Halve(p, maximumRounds: 100_001))), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => PipelineGraph.Of(new TestPipeline(static p => p.Repeat("a", p.Step("s", static _ => Task.FromResult(1)), 2, null!, static _ => true))),
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("round"));
    }

    private static RepeatedStep<int> Halve(PipelineBuilder<int> p, int maximumRounds = 10, int throwAt = 0, Action? count = null)
    {
        Step<int> start = p.Step("start", static ctx => Task.FromResult(ctx.Parameters));
        RepeatedStep<int> halve = p.Repeat(
            "halve",
            start,
            maximumRounds,
            (x, round, ctx) =>
            {
                count?.Invoke();
                return round == throwAt && (ctx.Attempt == 1 || x < 0) ? throw new TimeoutException() : Task.FromResult(x / 2);
            },
            static x => x is > 0 and < 20);
        p.Step("end", halve, static (x, _) => Task.FromResult($"{x}"));
        return halve;
    }
}
