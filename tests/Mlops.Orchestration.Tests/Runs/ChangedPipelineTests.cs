namespace Mlops.Orchestration.Tests;

public abstract class ChangedPipelineTests : StoreTests
{
    private static readonly Action<PipelineBuilder<int>> Old = static p =>
    {
        Step<int> a = p.Step("a", static _ => Task.FromResult(1));
        p.Step("b", a, static (x, _) => Task.FromResult(x));
    };

    private static readonly Action<PipelineBuilder<int>> New = static p =>
    {
        Step<int> a = p.Step("a", static _ => Task.FromResult(1));
        p.Step("c", a, static (x, _) => Task.FromResult(x));
    };

    [Test]
    public async Task A_run_whose_graph_nobody_knows_any_more_fails_by_name()
    {
        PipelineRun run = await StartAsync(Know(Old));

        Pipelines pipelines = Work(New, QuickWithLease(1));
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        Assert.That(run.FailureKind, Is.EqualTo(RunFailureKind.PipelineChanged));
        Assert.That(run.Error, Does.Contain("another graph"));
        Assert.That((await StatesAsync(run)).Values, Is.All.EqualTo(StepState.Cancelled));
    }

    [Test]
    public async Task A_worker_with_the_old_graph_goes_on_while_it_lives()
    {
        var go = new TaskCompletionSource<int>();
        Action<PipelineBuilder<int>> old = p =>
        {
            Step<int> a = p.Step("a", _ => go.Task);
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        };
        Pipelines before = Work(old);
        PipelineRun run = await StartAsync(before);
        await SeeAsync<StepStarted>(before, run.Id);

        Work(New, QuickWithLease(1));
        await Task.Delay(2_500);
        go.SetResult(5);
        run = await FinishAsync(before, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(5));
    }

    [Test]
    public async Task A_worker_that_comes_up_within_a_lease_finds_its_run()
    {
        PipelineRun run = await StartAsync(Know(Old));

        Work(New, QuickWithLease(30));
        await Task.Delay(500);
        Pipelines back = Work(Old);
        run = await FinishAsync(back, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded));
    }

    [Test]
    public async Task A_run_waits_for_its_graph_where_the_host_says_so()
    {
        PipelineRun run = await StartAsync(Know(Old));
        PipelineWorkerOptions patient = QuickWithLease(1);
        patient.ChangedPipelines = ChangedPipelinePolicy.Wait;

        Work(New, patient);
        await Task.Delay(2_500);
        Pipelines back = Work(Old, patient);
        run = await FinishAsync(back, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded));
    }

    [Test]
    public async Task Changed_code_inside_a_step_does_not_disturb_a_run()
    {
        PipelineRun run = await StartAsync(Know(Old));

        Pipelines pipelines = Work(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(100));
            p.Step("b", a, static (x, _) => Task.FromResult(x + 1));
        });
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(101));
    }

    /// <summary>A worker sweeps three times in a lease, and fails a run that was unserved for a whole one.</summary>
    private static PipelineWorkerOptions QuickWithLease(int seconds)
    {
        PipelineWorkerOptions options = Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(seconds);
        return options;
    }
}
