using System.Text;
using Mlops.Storage.Conformance;

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
    public async Task A_step_that_a_commit_has_claimed_for_its_slot_is_not_given_back_while_the_attempt_before_is_cleared_away()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static async ctx =>
            {
                await ctx.StoreArtifactAsync(new MemoryStream([1, 2, 3]));
                return 1;
            });
            p.Step("b", a, static (_, ctx) => Task.FromResult(ctx.Attempt));
        });
        int commits = 0;
        using var release = new ManualResetEventSlim();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.AfterCommit && Interlocked.Increment(ref commits) == 1)
            {
                // What the attempt does at its end waits behind this, where there is one writer.
                _ = Database.WriteAsync((release, held), static (_, state) =>
                {
                    state.held.TrySetResult();
                    state.release.Wait(TimeSpan.FromSeconds(30));
                    return 0;
                });
            }
        };
        StartWorker(pipelines, Quick(slots: 1));
        PipelineRun run = await StartAsync(pipelines);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(60));

        // Steps that nobody runs are looked for every tenth of a second, and given back when they are seen twice.
        await Task.Delay(TimeSpan.FromSeconds(1));
        release.Set();
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(1));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReleased>(), Is.Empty);
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

    [Test]
    public async Task A_worker_that_died_is_replaced_by_another_after_its_lease()
    {
        var clock = new SettableClock();
        clock.Set(1_000_000_000);
        var definition = new TestPipeline(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));
        var pipelines = new Pipelines(Database, [definition], clock: clock);
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        await pipelines.Leases.TryAcquireAsync("dead", "dead", TimeSpan.FromSeconds(15));
        await ClaimAsync(pipelines, "dead");
        PipelineWorkerOptions options = Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(1);
        StartWorker(pipelines, options);

        await Task.Delay(500);
        Assert.That((await StatesAsync(run))["a"], Is.EqualTo(StepState.Running), "the lease has not run out yet");
        clock.Advance(TimeSpan.FromSeconds(15));
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
        StepReclaimed reclaimed = (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepReclaimed>().Single();
        Assert.That(reclaimed.Worker, Is.EqualTo("dead"));
    }

    [Test]
    public async Task A_step_whose_claim_never_reached_the_worker_is_given_back()
    {
        // The worker's only slot is taken, so that it cannot claim the step itself.
        var gate = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(p => p.Step("a", ctx => ctx.Parameters == 1 ? gate.Task : Task.FromResult(ctx.Attempt)), Quick(slots: 1));
        PipelineRun blocker = await StartAsync(pipelines, 1);
        await SeeAsync<StepStarted>(pipelines, blocker.Id);
        string worker = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();

        PipelineRun run = await StartAsync(pipelines);
        await ClaimAsync(pipelines, worker);
        StepReleased released = await SeeAsync<StepReleased>(pipelines, run.Id);
        gate.SetResult(0);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(released.Reason, Is.EqualTo("Nobody ran it."));
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_lost_claim_is_given_back_also_while_a_result_of_another_run_is_refused()
    {
        var gates = new TaskCompletionSource<int>[] { new(), new() };
        Pipelines pipelines = Know(p => p.Step("a", ctx => ctx.Parameters == 0 ? Task.FromResult(ctx.Attempt) : gates[ctx.Parameters - 1].Task));
        PipelineWorkerOptions options = Quick(slots: 2);
        options.LongestCommitPause = TimeSpan.FromMilliseconds(20);
        StartWorker(pipelines, options);
        PipelineRun blocker = await StartAsync(pipelines, 1);
        PipelineRun refused = await StartAsync(pipelines, 2);
        await SeeAsync<StepStarted>(pipelines, blocker.Id);
        await SeeAsync<StepStarted>(pipelines, refused.Id);
        string worker = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();
        await Database.WriteAsync(refused.Id, static (session, run) =>
        {
            session.Execute($"CREATE UNIQUE INDEX refuse ON orchestration_event (step_key) WHERE run_id IN (0, {run}) AND kind IN (3, 5)");
            return session.Execute("INSERT INTO orchestration_event (run_id, seq, at, kind, step_key) VALUES (0, 1, 0, 3, 'a')");
        });
        int offers = 0;
        pipelines.Reached = point => offers += point == ExecutionPoint.BeforeCommit ? 1 : 0;
        gates[1].SetResult(0);
        Assert.That(() => offers, Is.GreaterThan(2).After(30_000, 10));

        PipelineRun run = await StartAsync(pipelines);
        await ClaimAsync(pipelines, worker);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        StepReleased released = await SeeAsync<StepReleased>(pipelines, run.Id, limit.Token);
        Assert.That(released.Reason, Is.EqualTo("Nobody ran it."));

        await Database.WriteAsync(0, static (session, _) => session.Execute("DROP INDEX refuse"));
        gates[0].SetResult(0);
        foreach (PipelineRun each in new[] { blocker, refused, run })
        {
            (await FinishAsync(pipelines, each.Id)).EnsureSucceeded();
        }
    }

    [Test]
    public async Task A_claim_whose_answer_takes_long_is_not_given_back([Values] bool isDispatched)
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static ctx => Task.FromResult(ctx.Attempt));
            p.Step("b", a, static (_, ctx) => Task.FromResult(ctx.Attempt));
        });
        PipelineWorkerOptions options = Quick();
        options.WatchInterval = TimeSpan.FromMilliseconds(10);
        ChannelDispatcher? dispatcher = isDispatched ? new ChannelDispatcher(options.MaximumConcurrentSteps) : null;
        PipelineWorker worker = StartWorker(pipelines, dispatcher, options);
        dispatcher?.Serve(worker);
        (await RunAsync(pipelines)).EnsureSucceeded();

        // Of the worker that works and looks after its steps: the claim of the first, and the commit that takes the second where no dispatcher does.
        int late = 0;
        pipelines.Reached = point =>
        {
            if (point is ExecutionPoint.AfterClaim or ExecutionPoint.AfterCommit && Interlocked.Increment(ref late) <= 2)
            {
                Thread.Sleep(500);
            }
        };
        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(late, Is.GreaterThanOrEqualTo(2));
        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(1));
        Assert.That(await run.GetResultAsync<int>("b"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_step_that_is_lost_too_often_fails_instead_of_starting_again()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        for (int i = 0; i < 3; i++)
        {
            await ClaimAsync(pipelines, "dead");
            await pipelines.Store.ReclaimAsync(run.Id, "dead", default);
        }

        PipelineWorkerOptions options = Quick();
        options.MaximumLostAttempts = 3;
        StartWorker(pipelines, options);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        Assert.That(run.Error, Does.StartWith("3 attempts were lost"));
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

    internal static async Task<ClaimedStep> ClaimAsync(Pipelines pipelines, string worker) =>
        (await pipelines.Store.ClaimAsync(worker, 1, default)).Single();

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
