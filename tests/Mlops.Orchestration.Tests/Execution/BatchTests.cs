using System.Text;

namespace Mlops.Orchestration.Tests;

/// <summary>Several results in one transaction, not all of which count.</summary>
public abstract class BatchTests : StoreTests
{
    private static readonly StepOutput One = new(Encoding.UTF8.GetBytes("1"));

    [Test]
    public async Task Of_results_that_are_committed_together_each_counts_or_not_by_itself_and_the_last_ends_the_run()
    {
        (Pipelines pipelines, PipelineRun run, ClaimedStep late, ClaimedStep heirs) = await LoseAsync("late", "own", "repeated", "last");
        List<ClaimedStep> mine = await pipelines.Store.ClaimAsync("w2", 3, default);
        ClaimedStep repeated = mine.Single(static step => step.Key == "repeated");
        await CommitAsync(pipelines, null, heirs);
        await CommitAsync(pipelines, null, repeated);

        CommitResult[] results = await CommitAsync(
            pipelines, "w2", mine.Single(static step => step.Key == "own"), late, repeated, mine.Single(static step => step.Key == "last"));

        Assert.That(
            results.Select(static result => result.Status),
            Is.EqualTo((CommitStatus[])[CommitStatus.Committed, CommitStatus.Fenced, CommitStatus.AlreadyCommitted, CommitStatus.Committed]));
        Assert.That(results.Select(static result => result.RunEnded), Is.EqualTo((PipelineRunState?[])[null, null, null, PipelineRunState.Succeeded]), "told once");
        List<RunEvent> log = await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That(log.OfType<StepSucceeded>().Select(static e => e.Step), Is.EqualTo((string[])["late", "repeated", "own", "last"]));
        Assert.That(log.OfType<StepSucceeded>().First().FencingToken, Is.EqualTo(heirs.Epoch));
        Assert.That(log[^1], Is.TypeOf<RunSucceeded>(), "the log of a run that is over has no note");
    }

    [Test]
    public async Task Where_the_run_goes_on_only_results_that_count_bring_it_forward_and_get_a_next_step()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> own = p.Step("own", static _ => Task.FromResult(1));
            Step<int> late = p.Step("late", static _ => Task.FromResult(1));
            Step<int> repeated = p.Step("repeated", static _ => Task.FromResult(1));
            p.Step("after-own", own, static (x, _) => Task.FromResult(x));
            p.Step("after-late", late, static (x, _) => Task.FromResult(x));
            p.Step("after-repeated", repeated, static (x, _) => Task.FromResult(x));
            p.Step("after-all", own, late, repeated, static (x, y, z, _) => Task.FromResult(x + y + z));
        });
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        Dictionary<string, ClaimedStep> first = (await pipelines.Store.ClaimAsync("w1", 3, default)).ToDictionary(static step => step.Key);
        await CommitAsync(pipelines, null, first["repeated"]);
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);
        ClaimedStep[] again = [.. await pipelines.Store.ClaimAsync("w2", 3, default)];
        ClaimedStep own = again.Single(static step => step.Key == "own");
        Assert.That(again.Select(static step => step.Key), Is.EquivalentTo((string[])["own", "late", "after-repeated"]));

        // The same result twice as well: its first answer was lost, and both wait for the lock of the run.
        CommitResult[] results = await CommitAsync(pipelines, "w2", first["late"], own, first["repeated"], own);

        Assert.That(
            results.Select(static result => result.Status),
            Is.EqualTo((CommitStatus[])[CommitStatus.Fenced, CommitStatus.Committed, CommitStatus.AlreadyCommitted, CommitStatus.AlreadyCommitted]));
        Assert.That(results.Select(static result => result.Next?.Key), Is.EqualTo((string?[])[null, "after-own", null, null]), "one slot is free, and one step ready");
        Assert.That(
            (await StatesAsync(run)).Where(static step => step.Key.StartsWith("after-", StringComparison.Ordinal)),
            Is.EquivalentTo(new Dictionary<string, StepState>
            {
                ["after-own"] = StepState.Running,
                ["after-late"] = StepState.Waiting,
                ["after-repeated"] = StepState.Running,
                ["after-all"] = StepState.Waiting,
            }));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepFenced>().Select(static e => (e.Step, e.FencingToken)), Is.EqualTo(new[] { ("late", first["late"].Epoch) }));
        Assert.That(log.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, log.Count)));

        await CommitAsync(pipelines, null, again.Single(static step => step.Key == "late"), again.Single(static step => step.Key == "after-repeated"), results[1].Next!);
        await CommitAsync(pipelines, null, [.. await pipelines.Store.ClaimAsync("w2", 9, default)]);
        await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That((await pipelines.GetAsync(run.Id)).State, Is.EqualTo(PipelineRunState.Succeeded), "each successor was told once of each");
    }

    [Test]
    public async Task Results_of_which_none_counts_change_nothing_and_a_note_is_left_for_each_that_came_late()
    {
        (Pipelines pipelines, PipelineRun run, ClaimedStep late, ClaimedStep heirs) = await LoseAsync("late", "repeated", "open");
        ClaimedStep repeated = (await pipelines.Store.ClaimAsync("w2", 2, default)).Single(static step => step.Key == "repeated");
        await CommitAsync(pipelines, null, repeated);
        Dictionary<string, StepState> before = await StatesAsync(run);

        CommitResult[] results = await CommitAsync(pipelines, "w2", late, repeated, late);

        Assert.That(
            results.Select(static result => result.Status), Is.EqualTo((CommitStatus[])[CommitStatus.Fenced, CommitStatus.AlreadyCommitted, CommitStatus.Fenced]));
        Assert.That(results.Select(static result => result.Next), Is.All.Null);
        Assert.That(await StatesAsync(run), Is.EquivalentTo(before));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepFenced>().Select(static e => e.FencingToken), Is.EqualTo(new[] { late.Epoch, late.Epoch }));
        Assert.That(log.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, log.Count)));
        Assert.That((await CommitAsync(pipelines, null, heirs)).Single().Status, Is.EqualTo(CommitStatus.Committed));
    }

    /// <summary>A run of steps that need nothing, the first of which w1 has lost to w2.</summary>
    private async Task<(Pipelines Pipelines, PipelineRun Run, ClaimedStep Late, ClaimedStep Heirs)> LoseAsync(params string[] steps)
    {
        Pipelines pipelines = Know(p =>
        {
            foreach (string step in steps)
            {
                p.Step(step, static _ => Task.FromResult(1));
            }
        });
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep late = (await pipelines.Store.ClaimAsync("w1", 1, default)).Single();
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);
        ClaimedStep heirs;
        while ((heirs = (await pipelines.Store.ClaimAsync("w2", 1, default)).Single()).Key != steps[0])
        {
            await pipelines.Store.ReleaseAsync(heirs, "another first", default);
        }

        return (pipelines, run, late, heirs);
    }

    private static Task<CommitResult[]> CommitAsync(Pipelines pipelines, string? continueAs, params ClaimedStep[] steps)
    {
        PipelineGraph graph = pipelines.Graphs[0];
        StepCompletion[] completions = [.. steps.Select(step =>
            new StepCompletion(step, graph, graph.FindNode(step.Node)!, One, new StoredPayload(One.Payload, null, 1), [], continueAs))];
        return pipelines.Store.CommitAsync(steps[0].Run.Id, completions[0].Durability, () => completions, default);
    }
}
