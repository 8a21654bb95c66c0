namespace Mlops.Orchestration.Tests;

/// <summary>Which runs go first, with steps in pools and without.</summary>
public abstract class PriorityTests : StoreTests
{
    [TestCase(false, false)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    [TestCase(true, true)]
    public async Task Urgent_runs_go_first_whether_or_not_their_steps_are_in_pools(bool urgentInPool, bool othersInPool)
    {
        Pipelines pipelines = await KnowBothAsync(slots: 4);
        PipelineRun low = await StartAsync(pipelines, othersInPool, RunPriority.Low);
        PipelineRun normal = await StartAsync(pipelines, othersInPool, RunPriority.Normal);
        PipelineRun high = await StartAsync(pipelines, urgentInPool, RunPriority.High);

        List<(long, string)> order = await WorkOffAsync(pipelines, static _ => Task.CompletedTask);

        Assert.That(order, Is.EqualTo(((long, string)[])[(high.Id, "a"), (high.Id, "b"), (normal.Id, "a"), (normal.Id, "b"), (low.Id, "a"), (low.Id, "b")]));
    }

    [TestCase(false, false)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    [TestCase(true, true)]
    public async Task A_slot_leaves_a_run_for_a_more_urgent_one_whether_or_not_their_steps_are_in_pools(bool urgentInPool, bool othersInPool)
    {
        Pipelines pipelines = await KnowBothAsync(slots: 4);
        PipelineRun normal = await StartAsync(pipelines, othersInPool, RunPriority.Normal);
        PipelineRun? high = null;

        List<(long, string)> order = await WorkOffAsync(
            pipelines, async begun => high = begun == 1 ? await StartAsync(pipelines, urgentInPool, RunPriority.High) : high);

        Assert.That(order, Is.EqualTo(((long, string)[])[(normal.Id, "a"), (high!.Id, "a"), (high.Id, "b"), (normal.Id, "b")]));
    }

    [Test]
    public async Task Runs_in_pools_and_without_take_turns_by_urgency()
    {
        Pipelines pipelines = await KnowBothAsync(slots: 4);
        Dictionary<long, RunPriority> priorities = [];
        foreach (bool inPool in (bool[])[true, false])
        {
            foreach (RunPriority priority in Enum.GetValues<RunPriority>())
            {
                priorities.Add((await StartAsync(pipelines, inPool, priority)).Id, priority);
            }
        }

        List<(long Run, string)> order = await WorkOffAsync(pipelines, static _ => Task.CompletedTask);

        Assert.That(order.Select(entry => priorities[entry.Run]), Is.EqualTo(Enum.GetValues<RunPriority>().SelectMany(static p => Enumerable.Repeat(p, 4)).Reverse()));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task An_urgent_run_that_waits_for_a_full_pool_holds_up_nobody(int slots)
    {
        Pipelines pipelines = await KnowBothAsync(slots);
        if (slots > 0)
        {
            await StartAsync(pipelines, inPool: true, RunPriority.Low);
            await pipelines.Store.ClaimAsync("holder", 1, default);
        }

        await StartAsync(pipelines, inPool: true, RunPriority.High);
        PipelineRun low = await StartAsync(pipelines, inPool: false, RunPriority.Low);

        ClaimedStep a = (await pipelines.Store.ClaimAsync("w", 4, default)).Single();
        ClaimedStep? b = (await CommitAsync(pipelines, a)).Next;

        Assert.That((a.Run.Id, a.Key), Is.EqualTo((low.Id, "a")));
        Assert.That((b?.Run.Id, b?.Key), Is.EqualTo((low.Id, "b")), "its slot goes on with it");
    }

    [Test]
    public async Task What_waits_for_a_pool_since_before_the_version_was_kept_with_it_is_found_all_the_same()
    {
        Pipelines pipelines = await KnowBothAsync(slots: 1);
        PipelineRun run = await StartAsync(pipelines, inPool: true, RunPriority.High);
        await Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE orchestration_pool_wait SET version_id = 0"));
        Pipelines stranger = Know(static p => p.Step("other", static _ => Task.FromResult(1)));
        await stranger.RegisterAsync();

        Assert.That(await stranger.Store.ReadNextWakeAsync(default), Is.Null, "but by those alone that know its pipeline");
        Assert.That(await stranger.Store.ClaimAsync("stranger", 1, default), Is.Empty);
        Assert.That(await pipelines.Store.ReadNextWakeAsync(default), Is.LessThan(0));
        Assert.That((await pipelines.Store.ClaimAsync("w", 1, default)).Single().Run.Id, Is.EqualTo(run.Id));
    }

    /// <summary>One slot works off what there is; the steps in the order in which it has begun them.</summary>
    private static async Task<List<(long Run, string Step)>> WorkOffAsync(Pipelines pipelines, Func<int, Task> begun)
    {
        List<(long, string)> order = [];
        ClaimedStep? next = null;
        while ((next ??= (await pipelines.Store.ClaimAsync("w", 1, default)).SingleOrDefault()) is { } step)
        {
            order.Add((step.Run.Id, step.Key));
            await begun(order.Count);
            next = (await CommitAsync(pipelines, step)).Next;
        }

        return order;
    }

    private static async Task<CommitResult> CommitAsync(Pipelines pipelines, ClaimedStep step)
    {
        PipelineGraph graph = (await pipelines.RegisterAsync()).GraphOf(step.Run.VersionId);
        byte[] one = "1"u8.ToArray();
        return await pipelines.Store.CommitAsync(
            new StepCompletion(step, graph, graph.FindNode(step.Node)!, new StepOutput(one), new StoredPayload(one, null, 1), [], "w"), default);
    }

    private static Task<PipelineRun> StartAsync(Pipelines pipelines, bool inPool, RunPriority priority)
    {
        var options = new StartOptions { Priority = priority };
        return inPool ? pipelines.StartAsync<InPool, int>(0, options) : pipelines.StartAsync<WithoutPool, int>(0, options);
    }

    private async Task<Pipelines> KnowBothAsync(int slots)
    {
        var pipelines = new Pipelines(Database, [new WithoutPool(), new InPool()]);
        await pipelines.RegisterAsync();
        await pipelines.SetPoolAsync("gpu", slots);
        return pipelines;
    }

    private sealed class WithoutPool : IPipelineDefinition<int>
    {
        public void Define(PipelineBuilder<int> p)
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        }
    }

    private sealed class InPool : IPipelineDefinition<int>
    {
        public void Define(PipelineBuilder<int> p)
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1)).InPool("gpu");
            p.Step("b", a, static (x, _) => Task.FromResult(x)).InPool("gpu");
        }
    }
}
