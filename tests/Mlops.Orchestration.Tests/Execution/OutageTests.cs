using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>What the storage below the engine refuses is not the step's failure: no step here has a second attempt to lose.</summary>
public abstract class OutageTests : StoreTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-refusing").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(true, PipelineRunState.Succeeded, 1)]
    [TestCase(false, PipelineRunState.Failed, 0)]
    public async Task An_outage_of_the_store_is_no_failure_of_the_step_and_a_refusal_that_the_step_met_elsewhere_is(bool isTransient, PipelineRunState expected, int lost)
    {
        Pipelines pipelines = Work(p => p.Step("a", ctx =>
            ctx.Attempt == 1 ? throw new StorageException("the database is away") { IsTransient = isTransient } : Task.FromResult(1)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.State, Is.EqualTo(expected));
        StepStatus step = (await run.GetStepsAsync()).Single();
        Assert.That((step.Failures, step.LostAttempts), Is.EqualTo((0, lost)));
        if (isTransient)
        {
            List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, run.Id);
            StepReleased released = log.OfType<StepReleased>().Single();
            Assert.That(released.Reason, Does.Contain("the database is away"));
            Assert.That(log.OfType<StepStarted>().Last().At - released.At, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(0.8)), "not at once, although the policy waits for nothing");
        }
    }

    [Test]
    public async Task A_checkpoint_that_the_database_refuses_is_no_failure_of_the_step()
    {
        Pipelines pipelines = Know(static p => p.Step("kept", static ctx => ctx.MemoAsync("x", _ => Task.FromResult(ctx.Attempt))));
        await pipelines.RegisterAsync();
        await RefuseAsync("kept", [RunEventKind.StepMemoized]);
        StartWorker(pipelines);
        PipelineRun run = await StartAsync(pipelines);

        StepReleased released = await SeeAsync<StepReleased>(pipelines, run.Id);
        await AcceptAsync();

        Assert.That(released.Reason, Does.Contain(nameof(StorageException)));
        await RequireLostAsync(pipelines, run, "kept", lost: 1);
    }

    [Test]
    public async Task A_large_result_that_the_artifact_store_refuses_is_no_failure_of_the_step()
    {
        Pipelines pipelines = Refuse(new RefusingArtifacts(new FileArtifactStore(_folder)) { StagesToRefuse = 1 }, static p =>
            p.Step("big", static _ => Task.FromResult(new string('x', 100_000))));

        await RequireLostAsync(pipelines, await StartAsync(pipelines), "big", lost: 1);
    }

    [Test]
    public async Task Inputs_that_the_artifact_store_refuses_to_read_are_no_failure_of_the_step()
    {
        var store = new RefusingArtifacts(new FileArtifactStore(_folder));
        Pipelines pipelines = Refuse(store, p =>
        {
            Step<string> big = p.Step("big", static _ => Task.FromResult(new string('x', 100_000)));
            Step<int> between = p.Step("between", big, (_, _) => Task.FromResult(store.ReadsToRefuse = 1));
            p.Step("length", big, between, static (text, _, _) => Task.FromResult(text.Length));
        });

        await RequireLostAsync(pipelines, await StartAsync(pipelines), "length", lost: 1);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Artifacts_that_the_step_cannot_store_or_open_are_no_failure_of_it_unless_it_says_so(bool wraps)
    {
        var store = new RefusingArtifacts(new FileArtifactStore(_folder)) { StagesToRefuse = 1, ReadsToRefuse = wraps ? 0 : 1 };
        Pipelines pipelines = Refuse(store, p => p.Step("a", async ctx =>
        {
            try
            {
                ArtifactRef artifact = await ctx.StoreArtifactAsync(new MemoryStream([1]), ctx.CancellationToken);
                await using Stream content = await ctx.OpenArtifactAsync(artifact, ctx.CancellationToken);
                return 1;
            }
            catch (StorageException exception) when (wraps)
            {
                throw new InvalidOperationException("mine", exception);
            }
        }));
        PipelineRun run = await StartAsync(pipelines);
        if (wraps)
        {
            Assert.That((await FinishAsync(pipelines, run.Id)).Error, Does.EndWith("mine"));
            return;
        }

        await RequireLostAsync(pipelines, run, "a", lost: 2);
    }

    [Test]
    public async Task An_artifact_whose_protection_ran_out_before_the_commit_is_no_failure_of_the_step()
    {
        int commits = 0;
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => ctx.StoreArtifactAsync(new MemoryStream([1]), ctx.CancellationToken)));
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeCommit && Interlocked.Increment(ref commits) == 1)
            {
                Database.WriteAsync(0, static (session, _) => session.Execute("DELETE FROM mlops_artifact_pin") + session.Execute("DELETE FROM mlops_artifact")).GetAwaiter().GetResult();
            }
        };
        PipelineWorkerOptions options = Quick();
        options.LongestCommitPause = TimeSpan.FromMilliseconds(20);
        StartWorker(pipelines, options);

        await RequireLostAsync(pipelines, await StartAsync(pipelines), "a", lost: 1);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_result_that_the_database_refuses_fails_the_step_and_waits_where_it_refuses_everything(bool everything)
    {
        int offers = 0;
        Pipelines pipelines = Know(static p => p.Step("bad", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        await RefuseAsync("bad", everything ? [RunEventKind.StepSucceeded, RunEventKind.StepFailed] : [RunEventKind.StepSucceeded]);
        pipelines.Reached = point =>
        {
            // Before the result is offered again, and so never between it and the failure in its place.
            if (everything && point == ExecutionPoint.BeforeCommit && ++offers == 12)
            {
                AcceptAsync().GetAwaiter().GetResult();
            }
        };
        PipelineWorkerOptions options = Quick();
        options.LongestCommitPause = TimeSpan.FromMilliseconds(20);
        StartWorker(pipelines, options);
        PipelineRun run = await StartAsync(pipelines);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That((await run.GetStepsAsync()).Single().Attempts, Is.EqualTo(1));
        Assert.That(run.State, Is.EqualTo(everything ? PipelineRunState.Succeeded : PipelineRunState.Failed));
        Assert.That(run.Error, everything ? Is.Null : Does.Contain(nameof(StorageException)));
    }

    [Test]
    public async Task An_attempt_that_breaks_off_before_anything_is_stored_is_counted_as_lost()
    {
        int broken = 0;
        Pipelines pipelines = Know(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeCommit && Interlocked.Increment(ref broken) == 1)
            {
                throw new InvalidOperationException("not the step's fault");
            }
        };
        StartWorker(pipelines);

        PipelineRun run = await RunAsync(pipelines);

        StepStatus step = (await run.EnsureSucceeded().GetStepsAsync()).Single();
        Assert.That((step.Attempts, step.Failures, step.LostAttempts), Is.EqualTo((2, 0, 1)));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReleased>().Single().Reason, Does.Contain(nameof(InvalidOperationException)));
    }

    private Pipelines Refuse(RefusingArtifacts store, Action<PipelineBuilder<int>> define)
    {
        var pipelines = new Pipelines(Database, [new TestPipeline(define)], new ArtifactCatalog(Database, store));
        StartWorker(pipelines);
        return pipelines;
    }

    private static async Task RequireLostAsync(Pipelines pipelines, PipelineRun run, string key, int lost)
    {
        run = (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        StepStatus step = (await run.GetStepsAsync()).Single(step => step.Key == key);
        Assert.That((step.Attempts, step.Failures, step.LostAttempts), Is.EqualTo((lost + 1, 0, lost)));
    }
}
