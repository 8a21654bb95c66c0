using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

public abstract class ApprovalTests : StoreTests
{
    [Test]
    public async Task An_approved_run_goes_on_with_the_approval_as_input()
    {
        Pipelines pipelines = Work(Release, Quick(slots: 1));
        PipelineRun run = await StartAsync(pipelines, 7);
        ApprovalRequested asked = await SeeAsync<ApprovalRequested>(pipelines, run.Id);

        // The only slot is free meanwhile: another run asks its own question.
        PipelineRun other = await StartAsync(pipelines, 8);
        await SeeAsync<ApprovalRequested>(pipelines, other.Id);
        IReadOnlyList<PendingApproval> pending = await pipelines.ListApprovalsAsync();
        Assert.That(
            pending,
            Is.EqualTo((PendingApproval[])[
                new(run.Id, "test", "release", "Release 7?", null),
                new(other.Id, "test", "release", "Release 8?", null)]));
        Assert.That((await StatesAsync(run))["release"], Is.EqualTo(StepState.AwaitingApproval));

        Assert.That(await pipelines.ApproveAsync(run.Id, "release", "ann", "looks good"), Is.True);
        run = (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        Assert.That(await run.GetResultAsync<string>("promote"), Is.EqualTo("7 by ann: looks good"));
        StepApproval approval = await run.GetResultAsync<StepApproval>("release");
        Assert.That(approval.DecidedAt, Is.GreaterThanOrEqualTo(asked.At));
        ApprovalDecided decided = (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<ApprovalDecided>().Single();
        Assert.That((decided.IsApproved, decided.Actor, decided.Step), Is.EqualTo((true, "ann", "release")));
        Assert.That((await pipelines.ListApprovalsAsync()).Single().RunId, Is.EqualTo(other.Id));
    }

    [Test]
    public async Task A_rejection_fails_the_step_and_blocks_what_needs_it()
    {
        Pipelines pipelines = Work(Release);
        PipelineRun run = await StartAsync(pipelines, 7);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);

        Assert.That(await pipelines.RejectAsync(run.Id, "release", "bob", "too early"), Is.False);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That((run.State, run.FailedStep, run.Error), Is.EqualTo((PipelineRunState.Failed, "release", "Rejected by bob: too early")));
        Assert.That((await StatesAsync(run))["promote"], Is.EqualTo(StepState.Blocked));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepFailed>().Single().Kind, Is.EqualTo(StepFailureKind.Rejected));
    }

    [Test]
    public async Task The_first_of_several_decisions_stands()
    {
        Pipelines pipelines = Work(Release);
        PipelineRun run = await StartAsync(pipelines, 7);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);

        bool[] stands = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => i % 2 == 0
            ? pipelines.ApproveAsync(run.Id, "release", $"yes {i}")
            : pipelines.RejectAsync(run.Id, "release", $"no {i}"))));
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(stands.Distinct().Count(), Is.EqualTo(1), "everybody is told the same");
        Assert.That(run.State, Is.EqualTo(stands[0] ? PipelineRunState.Succeeded : PipelineRunState.Failed));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<ApprovalDecided>().Count(), Is.EqualTo(1));
        Assert.That(await pipelines.ApproveAsync(run.Id, "release", "late"), Is.EqualTo(stands[0]), "also after the run is over");
    }

    [Test]
    public async Task A_question_that_nobody_answers_in_time_counts_as_rejected()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> candidate = p.Step("candidate", static ctx => Task.FromResult(ctx.Parameters));
            p.Approval("release", candidate, static x => $"Release {x}?").ExpiresAfter(TimeSpan.FromMilliseconds(200));
        });
        PipelineRun run = await StartAsync(pipelines, 7);
        ApprovalRequested asked = await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(asked.ExpiresAt, Is.EqualTo(asked.At.AddMilliseconds(200)));
        Assert.That(run.Error, Is.EqualTo("Nobody decided within 00:00:00.2000000."));
    }

    [Test]
    public async Task A_question_outlives_its_worker_and_a_pause()
    {
        Pipelines pipelines = Know(Release);
        PipelineRun run = await StartAsync(pipelines, 7);
        PipelineWorker first = StartWorker(pipelines);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        await first.StopAsync();
        await pipelines.PauseAsync(run.Id, "weekend");

        await pipelines.ApproveAsync(run.Id, "release", "ann");
        await pipelines.ResumeAsync(run.Id);
        StartWorker(Know(Release));

        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task An_attempt_that_lost_its_step_asks_nothing()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep first = (await pipelines.Store.ClaimAsync("w1", 1, default)).Single();
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);

        CommitResult late = await pipelines.Store.AskAsync(first, "late?", null, null, default);
        Assert.That(await pipelines.ListApprovalsAsync(), Is.Empty);
        ClaimedStep second = (await pipelines.Store.ClaimAsync("w2", 1, default)).Single();
        CommitResult good = await pipelines.Store.AskAsync(second, "now?", null, null, default);
        CommitResult repeated = await pipelines.Store.AskAsync(second, "now?", null, null, default);

        Assert.That((late.Status, good.Status, repeated.Status), Is.EqualTo((CommitStatus.Fenced, CommitStatus.Committed, CommitStatus.AlreadyCommitted)));
        Assert.That((await pipelines.ListApprovalsAsync()).Single().Question, Is.EqualTo("now?"));
    }

    [Test]
    public async Task Decisions_nobody_waits_for_are_refused_by_name()
    {
        Pipelines pipelines = Know(Release);
        PipelineRun run = await StartAsync(pipelines);

        await Assert.ThatAsync(
            () => pipelines.ApproveAsync(run.Id, "release", "ann"),
            Throws.TypeOf<ApprovalNotPendingException>().With.Property("State").EqualTo(StepState.Waiting));
        await Assert.ThatAsync(
            () => pipelines.ApproveAsync(run.Id, "nothing", "ann"),
            Throws.TypeOf<ApprovalNotPendingException>().With.Property("State").Null);
        await Assert.ThatAsync(() => pipelines.RejectAsync(4_711, "release", "ann"), Throws.TypeOf<PipelineRunNotFoundException>());
        await Assert.ThatAsync(() => pipelines.RejectAsync(run.Id, "release", " "), Throws.ArgumentException.With.Property("ParamName").EqualTo("actor"));
        await Assert.ThatAsync(
            () => pipelines.RejectAsync(run.Id, "release", "ann", new string('x', 2_001)), Throws.ArgumentException.With.Property("ParamName").EqualTo("comment"));

        StartWorker(pipelines);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        await pipelines.CancelAsync(run.Id, "no longer wanted");
        await Assert.ThatAsync(
            () => pipelines.ApproveAsync(run.Id, "release", "ann"),
            Throws.TypeOf<ApprovalNotPendingException>().With.Property("State").EqualTo(StepState.Cancelled));
        Assert.That(await pipelines.ListApprovalsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_rerun_keeps_an_approval_and_asks_again_where_its_input_is_new()
    {
        Pipelines pipelines = Work(Release);
        PipelineRun run = await StartAsync(pipelines, 7);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        await pipelines.ApproveAsync(run.Id, "release", "ann");
        await FinishAsync(pipelines, run.Id);

        PipelineRun kept = await pipelines.RerunAsync(run.Id, ["promote"]);
        kept = (await FinishAsync(pipelines, kept.Id)).EnsureSucceeded();
        PipelineRun asked = await pipelines.RerunAsync(run.Id, ["candidate"]);
        await SeeAsync<ApprovalRequested>(pipelines, asked.Id);

        Assert.That(await kept.GetResultAsync<string>("promote"), Is.EqualTo("7 by ann: "));
        await pipelines.CancelAsync(asked.Id, "seen enough");
    }

    [Test]
    [NonParallelizable]
    public async Task A_decision_is_stored_at_Power()
    {
        Pipelines pipelines = Work(Release);
        PipelineRun run = await StartAsync(pipelines, 7);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);

        // Another write may share the commit, which is then as durable.
        Assert.That(await CommitRecorder.CountPowerAsync(() => pipelines.ApproveAsync(run.Id, "release", "ann")), Is.GreaterThanOrEqualTo(1));
        await FinishAsync(pipelines, run.Id);
    }

    private static void Release(PipelineBuilder<int> p)
    {
        Step<int> candidate = p.Step("candidate", static ctx => Task.FromResult(ctx.Parameters));
        ApprovalStep release = p.Approval("release", candidate, static x => $"Release {x}?");
        p.Step("promote", candidate, release, static (x, approval, _) => Task.FromResult($"{x} by {approval.Actor}: {approval.Comment}"));
    }
}
