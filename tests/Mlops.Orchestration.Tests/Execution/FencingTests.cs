using System.Text;

namespace Mlops.Orchestration.Tests;

/// <summary>Claims, commits and take-overs one by one, without a worker in between.</summary>
public abstract class FencingTests : StoreTests
{
    private static readonly StepOutput One = new(Encoding.UTF8.GetBytes("1"));

    [Test]
    public async Task A_commit_after_the_step_was_taken_over_writes_nothing_but_a_note()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep first = await ClaimAsync(pipelines, "w1");
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);
        ClaimedStep second = await ClaimAsync(pipelines, "w2");

        CommitResult late = await CommitAsync(pipelines, first);
        CommitResult good = await CommitAsync(pipelines, second);

        Assert.That(late.Status, Is.EqualTo(CommitStatus.Fenced));
        Assert.That(good.Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That(second.Epoch, Is.GreaterThan(first.Epoch));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepFenced>().Single().FencingToken, Is.EqualTo(first.Epoch));
        Assert.That(log.OfType<StepSucceeded>().Single().FencingToken, Is.EqualTo(second.Epoch));
        Assert.That(log.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, log.Count)));
    }

    [Test]
    public async Task A_commit_between_the_take_over_and_the_next_claim_is_fenced_too()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep first = await ClaimAsync(pipelines, "w1");
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);

        Assert.That((await CommitAsync(pipelines, first)).Status, Is.EqualTo(CommitStatus.Fenced));
        Assert.That((await pipelines.Store.ReleaseAsync(first, "late", default)).Status, Is.EqualTo(CommitStatus.Fenced));
    }

    [Test]
    public async Task A_commit_that_comes_after_that_of_the_heir_is_fenced_and_not_taken_for_a_repetition()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep first = await ClaimAsync(pipelines, "w1");
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);
        ClaimedStep second = await ClaimAsync(pipelines, "w2");

        CommitResult good = await CommitAsync(pipelines, second);
        CommitResult late = await CommitAsync(pipelines, first);

        Assert.That((good.Status, late.Status), Is.EqualTo((CommitStatus.Committed, CommitStatus.Fenced)));
        Assert.That((await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default)).OfType<StepFenced>().Single().FencingToken, Is.EqualTo(first.Epoch));
    }

    [Test]
    public async Task Only_the_steps_of_the_lost_worker_are_taken_from_it()
    {
        Pipelines pipelines = Know(static p =>
        {
            p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", static _ => Task.FromResult(1));
        });
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep lost = await ClaimAsync(pipelines, "w1");
        ClaimedStep kept = await ClaimAsync(pipelines, "w2");

        Assert.That(await pipelines.Store.ReclaimAsync(run.Id, "w1", default), Is.EqualTo(1));

        Assert.That((await CommitAsync(pipelines, kept)).Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That((await CommitAsync(pipelines, lost)).Status, Is.EqualTo(CommitStatus.Fenced));
    }

    [Test]
    public async Task A_commit_whose_answer_was_lost_may_be_repeated()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");

        CommitResult first = await CommitAsync(pipelines, step);
        CommitResult second = await CommitAsync(pipelines, step);

        Assert.That(first.Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That(second.Status, Is.EqualTo(CommitStatus.AlreadyCommitted));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepSucceeded>().Count(), Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_release_whose_answer_was_lost_may_be_repeated(bool counts)
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");

        CommitResult first = await ReleaseAsync();
        CommitResult second = await ReleaseAsync();
        ClaimedStep heir = await ClaimAsync(pipelines, "w2");
        CommitResult third = await ReleaseAsync();
        await CommitAsync(pipelines, heir);
        CommitResult late = await CommitAsync(pipelines, step);

        Assert.That(first.Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That((second.Status, third.Status), Is.EqualTo((CommitStatus.AlreadyCommitted, CommitStatus.AlreadyCommitted)));
        Assert.That(late.Status, Is.EqualTo(CommitStatus.Fenced));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepReleased>().Count(), Is.EqualTo(1));
        Assert.That(log.OfType<StepSucceeded>().Single().FencingToken, Is.EqualTo(heir.Epoch));

        Task<CommitResult> ReleaseAsync() => counts
            ? pipelines.Store.PreemptAsync(step, "away", TimeSpan.Zero, default)
            : pipelines.Store.ReleaseAsync(step, "away", default);
    }

    [Test]
    public async Task A_release_after_the_step_was_taken_over_is_fenced()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);

        Assert.That((await pipelines.Store.PreemptAsync(step, "away", TimeSpan.Zero, default)).Status, Is.EqualTo(CommitStatus.Fenced));
    }

    [Test]
    public async Task A_repeated_commit_tells_of_the_end_of_the_run_where_the_first_one_was_its_end()
    {
        Pipelines pipelines = Know(static p =>
        {
            p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", static _ => Task.FromResult(1));
        });
        await pipelines.RegisterAsync();
        await StartAsync(pipelines);
        ClaimedStep first = await ClaimAsync(pipelines, "w1");
        ClaimedStep last = await ClaimAsync(pipelines, "w2");
        await CommitAsync(pipelines, first);
        await CommitAsync(pipelines, last);

        CommitResult again = await CommitAsync(pipelines, last);
        CommitResult other = await CommitAsync(pipelines, first);

        Assert.That((again.Status, again.RunEnded), Is.EqualTo((CommitStatus.AlreadyCommitted, (PipelineRunState?)PipelineRunState.Succeeded)));
        Assert.That((other.Status, other.RunEnded), Is.EqualTo((CommitStatus.AlreadyCommitted, (PipelineRunState?)null)), "somebody else has told of it");
    }

    [Test]
    public async Task A_repeated_failure_tells_of_the_end_of_the_run()
    {
        (Pipelines pipelines, _) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");
        await FailAsync(pipelines, step, delay: null);

        CommitResult again = await FailAsync(pipelines, step, delay: null);

        Assert.That((again.Status, again.RunEnded), Is.EqualTo((CommitStatus.AlreadyCommitted, (PipelineRunState?)PipelineRunState.Failed)));
    }

    [Test]
    public async Task A_worker_that_has_stopped_leaves_no_rows_behind()
    {
        Pipelines pipelines = Know(static p => p.Step("one", static _ => Task.FromResult(1)));
        PipelineWorker worker = StartWorker(pipelines);
        (await RunAsync(pipelines, 1)).EnsureSucceeded();
        await worker.DisposeAsync();

        List<long> rows = await Database.QueryAsync(
            "SELECT (SELECT count(*) FROM orchestration_worker) + (SELECT count(*) FROM mlops_lease WHERE name >= 'orchestration/' AND name < 'orchestration0')",
            static row => row.GetInt64(0), CancellationToken.None);
        Assert.That(rows, Is.EqualTo(new[] { 0L }));
    }

    [Test]
    public async Task A_commit_after_the_run_was_cancelled_writes_nothing()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");
        await pipelines.CancelAsync(run.Id, "stop");

        CommitResult late = await CommitAsync(pipelines, step);

        Assert.That(late.Status, Is.EqualTo(CommitStatus.Fenced));
        Assert.That((await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default))[^1], Is.TypeOf<RunCancelled>());
    }

    [Test]
    public async Task The_commit_claims_the_next_step_of_the_run_in_the_same_transaction()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");

        CommitResult result = await CommitAsync(pipelines, step, continueAs: "w1");

        Assert.That(result.Next!.Key, Is.EqualTo("b"));
        Assert.That(await pipelines.Store.ListOwnedAsync("w1", default), Is.EqualTo(((long, string, long)[])[(run.Id, "b", result.Next.Epoch)]));
    }

    [Test]
    public async Task The_failure_of_an_attempt_that_was_given_back_is_fenced_and_one_whose_answer_was_lost_is_not()
    {
        (Pipelines pipelines, PipelineRun run) = await StartChainAsync();
        ClaimedStep step = await ClaimAsync(pipelines, "w1");
        await pipelines.Store.ReleaseAsync(step, "the worker stopped first", default);
        Assert.That((await FailAsync(pipelines, step, TimeSpan.Zero)).Status, Is.EqualTo(CommitStatus.Fenced));

        ClaimedStep again = await ClaimAsync(pipelines, "w1");
        Assert.That((await FailAsync(pipelines, again, TimeSpan.Zero)).Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That((await FailAsync(pipelines, again, TimeSpan.Zero)).Status, Is.EqualTo(CommitStatus.AlreadyCommitted));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepRetryScheduled>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Two_workers_that_claim_at_once_never_get_the_same_step()
    {
        Pipelines pipelines = Know(static p =>
        {
            for (int i = 0; i < 40; i++)
            {
                p.Step($"s{i}", static _ => Task.FromResult(1));
            }
        });
        await pipelines.RegisterAsync();
        await StartAsync(pipelines);

        List<ClaimedStep>[] claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            List<ClaimedStep> mine = [];
            for (int empty = 0; empty < 20;)
            {
                List<ClaimedStep> batch = await pipelines.Store.ClaimAsync($"w{worker}", 3, default);
                mine.AddRange(batch);
                empty = batch.Count == 0 ? empty + 1 : 0;
            }

            return mine;
        })));

        string[] keys = [.. claims.SelectMany(static c => c).Select(static c => c.Key)];
        Assert.That(keys, Is.Unique);
        Assert.That(keys, Has.Length.EqualTo(40));
    }

    [Test]
    public async Task Commits_of_one_run_that_race_number_the_log_without_gaps()
    {
        Pipelines pipelines = Know(static p =>
        {
            for (int i = 0; i < 40; i++)
            {
                p.Step($"s{i}", static _ => Task.FromResult(1));
            }
        });
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        List<ClaimedStep> steps = await pipelines.Store.ClaimAsync("w", 100, default);

        await Task.WhenAll(steps.Select(step => Task.Run(() => CommitAsync(pipelines, step))));

        await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That((await pipelines.GetAsync(run.Id)).State, Is.EqualTo(PipelineRunState.Succeeded));
    }

    internal static Task<CommitResult> CommitAsync(Pipelines pipelines, ClaimedStep step, string? continueAs = null)
    {
        PipelineGraph graph = pipelines.Graphs[0];
        return pipelines.Store.CommitAsync(
            new StepCompletion(step, graph, graph.FindNode(step.Node)!, One, new StoredPayload(One.Payload, null, 1), [], continueAs), default);
    }

    internal static Task<CommitResult> FailAsync(Pipelines pipelines, ClaimedStep step, TimeSpan? delay)
    {
        PipelineGraph graph = pipelines.Graphs[0];
        return pipelines.Store.FailAsync(new StepFailure(step, graph, graph.FindNode(step.Node)!, "no", StepFailureKind.Error, delay, null), default);
    }

    private async Task<(Pipelines, PipelineRun)> StartChainAsync()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        });
        await pipelines.RegisterAsync();
        return (pipelines, await StartAsync(pipelines));
    }
}
