namespace Mlops.Orchestration.Tests;

public abstract class SubsetTests : StoreTests
{
    [TestCase("c", new[] { "a", "c" })]
    [TestCase("group", new[] { "a", "group", "group[0]", "group[1]" })]
    [TestCase("group?", new[] { "a", "group", "group[0]", "group[1]", "group?" })]
    [TestCase("small", new[] { "a", "group", "group[0]", "group[1]", "group?", "small" })]
    [TestCase("b,c", new[] { "a", "b", "c" })]
    public async Task Only_the_steps_that_are_wanted_run_and_what_they_need(string only, string[] expected)
    {
        Pipelines pipelines = Work(static p => Define(p));

        PipelineRun run = await pipelines.StartAsync<TestPipeline, int>(2, new StartOptions { Only = only.Split(',') });
        run = await FinishAsync(pipelines, run.Id);

        Dictionary<string, StepState> states = await StatesAsync(run.EnsureSucceeded());
        Assert.That(states.Where(static step => step.Value == StepState.Succeeded).Select(static step => step.Key), Is.EquivalentTo(expected));
        Assert.That(states.Where(step => !expected.Contains(step.Key)).Select(static step => step.Value), Has.All.EqualTo(StepState.Skipped));
    }

    [Test]
    public async Task A_rerun_is_for_the_same_steps()
    {
        bool broken = true;
        Pipelines pipelines = Work(p => Define(p, () => broken));
        PipelineRun run = await pipelines.StartAsync<TestPipeline, int>(2, new StartOptions { Only = ["small"] });
        run = await FinishAsync(pipelines, run.Id);
        Assert.That(run.FailedStep, Is.EqualTo("small"));

        broken = false;
        PipelineRun again = await FinishAsync(pipelines, (await pipelines.RerunAsync(run.Id)).Id);

        Dictionary<string, StepState> states = await StatesAsync(again.EnsureSucceeded());
        Assert.That((states["small"], states["b"], states["c"], states["large"]), Is.EqualTo((StepState.Succeeded, StepState.Skipped, StepState.Skipped, StepState.Skipped)));
        await RefusesAsync(() => pipelines.RerunAsync(again.Id, ["a"], new StartOptions { Only = ["a"] }));
    }

    [Test]
    public async Task Unknown_or_missing_names_are_refused()
    {
        Pipelines pipelines = Know(static p => Define(p));
        foreach (string[] only in (string[][])[[], ["nothing"], ["group[0]"], ["a", null!]])
        {
            await RefusesAsync(() => pipelines.StartAsync<TestPipeline, int>(1, new StartOptions { Only = only }));
        }

        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);
    }

    private static async Task RefusesAsync(Func<Task> action) =>
        await Assert.ThatAsync(() => action(), Throws.ArgumentException.With.Property("ParamName").EqualTo("options"));

    private static void Define(PipelineBuilder<int> p, Func<bool>? isBroken = null)
    {
        Step<int> a = p.Step("a", static ctx => Task.FromResult(ctx.Parameters));
        Step<int> b = p.Step("b", a, static (x, _) => Task.FromResult(x));
        p.Step("c", a, static (x, _) => Task.FromResult(x));
        Steps<int> group = p.ForEach("group", a, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
        p.When(group, static all => all.Count > 2)
            .Then(branch => branch.Step("large", b, static (x, _) => Task.FromResult(x)))
            .Else(branch => branch.Step("small", a, (x, _) => isBroken?.Invoke() == true ? throw new PermanentStepException("broken") : Task.FromResult(x)));
    }
}
