namespace Mlops.Orchestration.Tests;

public abstract class PoolTests : StoreTests
{
    [Test]
    public async Task No_more_steps_run_in_a_pool_than_it_has_slots_over_runs_and_workers()
    {
        var load = new Load { Meeting = 2 };
        Action<PipelineBuilder<int>> define = p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(8));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", (i, _) => load.RunAsync(i)).InPool("gpu");
            p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
        };
        Pipelines pipelines = Work(define, Quick(slots: 4));
        Work(define, Quick(slots: 4));
        await pipelines.SetPoolAsync("gpu", 2);

        PipelineRun[] runs = [await StartAsync(pipelines), await StartAsync(pipelines), await StartAsync(pipelines)];
        foreach (PipelineRun run in runs)
        {
            Assert.That(await (await FinishAsync(pipelines, run.Id)).EnsureSucceeded().GetResultAsync<int>("sum"), Is.EqualTo(28));
        }

        Assert.That(load.Runs, Is.EqualTo(24));
        Assert.That(load.Most, Is.EqualTo(2), "both slots are used, and no third");
        Assert.That(await pipelines.ListPoolsAsync(), Is.EqualTo((PoolStatus[])[new("gpu", 2, 0)]));
    }

    [Test]
    public async Task A_group_keeps_its_own_limit_in_each_run()
    {
        var loads = new Load[] { new(), new() };
        Pipelines pipelines = Work(
            p =>
            {
                Step<int> n = p.Step("n", static _ => Task.FromResult(10));
                p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", (i, ctx) => loads[ctx.Parameters].RunAsync(i)).WithMaximumParallel(3);
            },
            Quick(slots: 8));

        PipelineRun first = await StartAsync(pipelines, 0);
        PipelineRun second = await StartAsync(pipelines, 1);
        (await FinishAsync(pipelines, first.Id)).EnsureSucceeded();
        (await FinishAsync(pipelines, second.Id)).EnsureSucceeded();

        Assert.That(loads.Select(static load => load.Runs), Is.EqualTo((int[])[10, 10]));
        Assert.That(loads.Select(static load => load.Most), Has.All.LessThanOrEqualTo(3));
        Assert.That(await pipelines.ListPoolsAsync(), Is.Empty, "limits within a run are no pools to look after");
        List<long> rows = await Database.QueryAsync(
            "SELECT (SELECT count(*) FROM orchestration_pool) + (SELECT count(*) FROM orchestration_pool_wait)", static row => row.GetInt64(0), CancellationToken.None);
        Assert.That(rows, Is.EqualTo((long[])[0]), "and leave nothing behind");
    }

    [Test]
    public async Task A_full_pool_holds_up_nothing_but_its_own_steps()
    {
        var gate = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(
            p =>
            {
                Step<int> a = p.Step("a", ctx => ctx.Parameters == 1 ? gate.Task : Task.FromResult(1)).InPool("one");
                p.Step("b", a, static (x, _) => Task.FromResult(x));
                p.Step("free", static _ => Task.FromResult(1));
            },
            Quick(slots: 2));
        PipelineRun holder = await StartAsync(pipelines, 1);
        await WaitUntilAsync(async () => (await pipelines.ListPoolsAsync()) is [{ Used: 1 }]);
        PipelineRun waiting = await StartAsync(pipelines);
        await WaitUntilAsync(async () => (await StatesAsync(waiting))["free"] == StepState.Succeeded);

        Assert.That((await StatesAsync(waiting))["a"], Is.EqualTo(StepState.Ready));
        Assert.That(await pipelines.ListPoolsAsync(), Is.EqualTo((PoolStatus[])[new("one", 1, 1)]), "a pool that nobody has set has one slot");
        gate.SetResult(1);
        (await FinishAsync(pipelines, holder.Id)).EnsureSucceeded();
        (await FinishAsync(pipelines, waiting.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task A_slot_of_a_pool_comes_back_from_a_lost_worker_and_from_a_cancelled_run()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)).InPool("one"));
        await pipelines.RegisterAsync();
        PipelineRun first = await StartAsync(pipelines);
        PipelineRun second = await StartAsync(pipelines);
        ClaimedStep held = (await pipelines.Store.ClaimAsync("w1", 5, default)).Single();
        Assert.That(await pipelines.Store.ClaimAsync("w2", 5, default), Is.Empty);
        Assert.That(await pipelines.Store.ReadNextWakeAsync(default), Is.Null, "a full pool is nothing to wake up for");

        await pipelines.Store.ReclaimAsync(held.Run.Id, "w1", default);
        ClaimedStep again = (await pipelines.Store.ClaimAsync("w2", 5, default)).Single();
        await pipelines.CancelAsync(again.Run.Id, "x");
        ClaimedStep other = (await pipelines.Store.ClaimAsync("w2", 5, default)).Single();

        Assert.That((long[])[again.Run.Id, other.Run.Id], Is.EquivalentTo((long[])[first.Id, second.Id]));
    }

    [Test]
    public async Task Claims_that_race_never_overfill_a_pool()
    {
        Pipelines pipelines = Know(static p =>
        {
            for (int i = 0; i < 20; i++)
            {
                p.Step($"s{i}", static _ => Task.FromResult(1)).InPool("five");
            }
        });
        await pipelines.RegisterAsync();
        await pipelines.SetPoolAsync("five", 5);
        await StartAsync(pipelines);
        await StartAsync(pipelines);

        List<ClaimedStep>[] claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            List<ClaimedStep> mine = [];
            for (int i = 0; i < 20; i++)
            {
                mine.AddRange(await pipelines.Store.ClaimAsync($"w{worker}", 2, default));
            }

            return mine;
        })));

        Assert.That(claims.Sum(static c => c.Count), Is.EqualTo(5));
    }

    [Test]
    public async Task A_paused_run_takes_no_slot_of_a_pool()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)).InPool("one"));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        await pipelines.PauseAsync(run.Id, "x");

        Assert.That(await pipelines.Store.ClaimAsync("w", 1, default), Is.Empty);
        await pipelines.ResumeAsync(run.Id);
        Assert.That(await pipelines.Store.ClaimAsync("w", 1, default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_pool_that_is_closed_lets_nothing_begin_until_it_is_opened()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)).InPool("one"));
        await pipelines.SetPoolAsync("one", 0);
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        Assert.That(await pipelines.Store.ClaimAsync("w", 1, default), Is.Empty);

        await pipelines.SetPoolAsync("one", 1);
        StartWorker(pipelines);

        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task Urgent_runs_go_first_and_a_slot_leaves_a_run_for_a_more_urgent_one()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        });
        await pipelines.RegisterAsync();
        PipelineRun low = await StartAsync(RunPriority.Low);
        PipelineRun normal = await StartAsync(RunPriority.Normal);
        PipelineRun high = await StartAsync(RunPriority.High);
        List<(long, string)> order = [];

        ClaimedStep? next = null;
        while ((next ??= (await pipelines.Store.ClaimAsync("w", 1, default)).SingleOrDefault()) is { } step)
        {
            order.Add((step.Run.Id, step.Key));
            if (order.Count == 3)
            {
                // In the middle of the normal run something urgent comes up.
                high = await StartAsync(RunPriority.High);
            }

            next = (await CommitAsync(pipelines, step)).Next;
        }

        long first = order[0].Item1;
        Assert.That(order, Is.EqualTo(((long, string)[])[
            (first, "a"), (first, "b"), (normal.Id, "a"), (high.Id, "a"), (high.Id, "b"), (normal.Id, "b"), (low.Id, "a"), (low.Id, "b")]));
        Assert.That((await pipelines.GetAsync(low.Id)).Priority, Is.EqualTo(RunPriority.Low));
        Assert.That((await pipelines.GetAsync(high.Id)).Priority, Is.EqualTo(RunPriority.High));

        Task<PipelineRun> StartAsync(RunPriority priority) => pipelines.StartAsync<TestPipeline, int>(0, new StartOptions { Priority = priority });
    }

    [TestCase("pool")]
    [TestCase("parallel")]
    [TestCase("repeat")]
    public async Task A_limit_that_is_new_in_the_code_holds_for_what_a_running_run_has_still_to_make(string limit)
    {
        var load = new Load();
        PipelineRun run = await StartAsync(Know(p => Define(p, null)));

        Pipelines pipelines = Work(p => Define(p, limit), Quick(slots: 4));
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded));
        Assert.That((load.Runs, load.Most), Is.EqualTo((limit == "repeat" ? 3 : 6, 1)));
        List<long> waits = await Database.QueryAsync("SELECT count(*) FROM orchestration_pool_wait", static row => row.GetInt64(0), CancellationToken.None);
        Assert.That(waits, Is.EqualTo((long[])[0]));

        void Define(PipelineBuilder<int> p, string? set)
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(6));
            if (limit == "repeat")
            {
                RepeatedStep<int> rounds = p.Repeat("item", n, 10, (left, _, _) => load.RunAsync(left - 1), static left => left <= 3);
                _ = set is null ? rounds : rounds.InPool("gpu");
                return;
            }

            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", (i, _) => load.RunAsync(i));
            _ = set switch
            {
                "pool" => items.InPool("gpu"),
                "parallel" => items.WithMaximumParallel(1),
                _ => items,
            };
        }
    }

    [Test]
    public async Task A_step_that_was_stored_with_a_pool_runs_also_where_the_code_has_none_any_more()
    {
        PipelineRun run = await StartAsync(Know(static p => p.Step("a", static _ => Task.FromResult(1)).InPool("one")));

        Pipelines pipelines = Work(static p => p.Step("a", static _ => Task.FromResult(1)));

        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task Unusable_limits_are_refused()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await Assert.ThatAsync(() => pipelines.SetPoolAsync("run/1", 1), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
        await Assert.ThatAsync(() => pipelines.SetPoolAsync("gpu", -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        await Assert.ThatAsync(
            () => pipelines.StartAsync<TestPipeline, int>(0, new StartOptions { Priority = (RunPriority)7 }), Throws.ArgumentException.With.Property("ParamName").EqualTo("options"));
        Assert.That(
            () => Know(static p => p.Step("a", static _ => Task.FromResult(1)).InPool("no/pool")), Throws.TypeOf<PipelineDefinitionException>());
        Assert.That(
            () => Know(static p => p.Step("a", static _ => Task.FromResult(1)).InPool("a").InPool("b")),
            Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains("two limits"));
    }

    private static Task<CommitResult> CommitAsync(Pipelines pipelines, ClaimedStep step)
    {
        PipelineGraph graph = pipelines.Graphs[0];
        byte[] one = "1"u8.ToArray();
        return pipelines.Store.CommitAsync(
            new StepCompletion(step, graph, graph.FindNode(step.Node)!, new StepOutput(one), new StoredPayload(one, null, 1), [], "w"), default);
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>Counts how many run at once.</summary>
    private sealed class Load
    {
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _now;

        /// <summary>So many wait for each other at first.</summary>
        public int Meeting { get; init; } = 1;

        public int Most { get; private set; }

        public int Runs { get; private set; }

        public async Task<int> RunAsync(int result)
        {
            lock (_gate)
            {
                Runs++;
                Most = int.Max(Most, ++_now);
                if (_now >= Meeting)
                {
                    _met.TrySetResult();
                }
            }

            await _met.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await Task.Delay(15);
            lock (_gate)
            {
                _now--;
            }

            return result;
        }
    }
}
