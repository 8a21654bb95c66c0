namespace Mlops.Orchestration.Tests;

public abstract class ShapeTests : StoreTests
{
    [Test]
    public async Task A_chain_hands_each_result_to_the_next_step()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> a = p.Step("a", static ctx => Task.FromResult(ctx.Parameters + 1));
            Step<string> b = p.Step("b", a, static (x, _) => Task.FromResult($"<{x}>"));
            p.Step("c", b, static (x, _) => Task.FromResult(x + x));
        });

        PipelineRun run = await RunAsync(pipelines, 41);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("c"), Is.EqualTo("<42><42>"));
    }

    [Test]
    public async Task A_diamond_joins_both_sides_once()
    {
        int joins = 0;
        Pipelines pipelines = Work(p =>
        {
            Step<int> top = p.Step("top", static ctx => Task.FromResult(ctx.Parameters));
            Step<int> left = p.Step("left", top, static (x, _) => Task.FromResult(x * 2));
            Step<int> right = p.Step("right", top, static (x, _) => Task.FromResult(x + 3));
            p.Step("bottom", left, right, top, (l, r, t, _) =>
            {
                Interlocked.Increment(ref joins);
                return Task.FromResult(l * 1_000 + r * 10 + t);
            });
        });

        PipelineRun run = await RunAsync(pipelines, 5);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("bottom"), Is.EqualTo(10_085));
        Assert.That(joins, Is.EqualTo(1));
    }

    [Test]
    public async Task The_same_input_taken_twice_counts_once()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(21));
            p.Step("b", a, a, static (x, y, _) => Task.FromResult(x + y));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("b"), Is.EqualTo(42));
    }

    [Test]
    public async Task A_fan_out_of_fifty_joins_its_results_in_the_order_of_the_items()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<Fold[]> folds = p.Step("folds", static ctx => Task.FromResult(
                Enumerable.Range(0, ctx.Parameters).Select(static i => new Fold($"{(i * 7) % 50:00}", i)).ToArray()));
            Steps<int> scores = p.ForEach("score", folds, static f => f, static f => f.Id, static async (fold, ctx) =>
            {
                await Task.Yield();
                return fold.Value * fold.Value;
            });
            p.Step("report", scores, folds, static (all, f, _) => Task.FromResult(new Report($"{f.Length}", all)));
        });

        PipelineRun run = await RunAsync(pipelines, 50);

        Report report = await run.EnsureSucceeded().GetResultAsync<Report>("report");
        Assert.That(report.Title, Is.EqualTo("50"));
        Assert.That(report.Scores, Is.EqualTo(Enumerable.Range(0, 50).Select(static i => i * i)));
        Assert.That(await run.GetResultAsync<int>("score[07]"), Is.EqualTo(1), "item 1 has the key 07");
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task A_fan_out_of_few_items_still_joins(int count)
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> n = p.Step("n", static ctx => Task.FromResult(ctx.Parameters));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i + 1));
            p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
        });

        PipelineRun run = await RunAsync(pipelines, count);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("sum"), Is.EqualTo(count));
    }

    [Test]
    public async Task A_shared_input_reaches_every_item()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(3));
            Step<int> slow = p.Step("slow", static async ctx =>
            {
                await Task.Delay(30, ctx.CancellationToken);
                return 100;
            });
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", slow, static (i, shared, _) => Task.FromResult(i + shared));
            p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("sum"), Is.EqualTo(303));
    }

    [TestCase(7, StepState.Succeeded, StepState.Skipped)]
    [TestCase(3, StepState.Skipped, StepState.Succeeded)]
    public async Task Only_the_branch_that_was_decided_for_runs(int parameter, StepState expectedYes, StepState expectedNo)
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> x = p.Step("x", static ctx => Task.FromResult(ctx.Parameters));
            p.When(x, static x => x > 5)
                .Then(static b => b.Step("yes-2", b.Step("yes", static _ => Task.FromResult(1)), static (y, _) => Task.FromResult(y)))
                .Else(static b => b.Step("no", static _ => Task.FromResult(2)));
        });

        PipelineRun run = await RunAsync(pipelines, parameter);

        Dictionary<string, StepState> states = await StatesAsync(run.EnsureSucceeded());
        Assert.That(states["yes"], Is.EqualTo(expectedYes));
        Assert.That(states["yes-2"], Is.EqualTo(expectedYes));
        Assert.That(states["no"], Is.EqualTo(expectedNo));
    }

    [Test]
    public async Task A_skipped_branch_skips_what_is_nested_in_it()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> x = p.Step("x", static ctx => Task.FromResult(ctx.Parameters));
            p.When(x, static x => x > 5).Then(b =>
            {
                Step<int> y = b.Step("y", x, static (x, _) => Task.FromResult(x));
                Steps<int> items = b.ForEach("items", y, static y => Enumerable.Range(0, y), static i => $"{i}", static (i, _) => Task.FromResult(i));
                b.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
                b.When(y, static y => y > 6).Then(static c => c.Step("deep", static _ => Task.FromResult(1)));
            });
        });

        Dictionary<string, StepState> skipped = await StatesAsync((await RunAsync(pipelines, 1)).EnsureSucceeded());
        Assert.That(skipped.Where(static s => s.Value == StepState.Skipped).Select(static s => s.Key), Is.EquivalentTo((string[])["y", "items", "sum", "y?", "deep"]));

        Dictionary<string, StepState> taken = await StatesAsync((await RunAsync(pipelines, 6)).EnsureSucceeded());
        Assert.That(taken["sum"], Is.EqualTo(StepState.Succeeded));
        Assert.That(taken["deep"], Is.EqualTo(StepState.Skipped));
    }

    [Test]
    public async Task No_more_steps_run_at_once_than_the_worker_has_slots()
    {
        int running = 0;
        int most = 0;
        var gate = new Lock();
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Pipelines pipelines = Work(
            p =>
            {
                Step<int> n = p.Step("n", static _ => Task.FromResult(12));
                p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", async (i, _) =>
                {
                    lock (gate)
                    {
                        most = Math.Max(most, ++running);
                        if (running == 3)
                        {
                            full.TrySetResult();
                        }
                    }

                    // The first three wait for each other; then there is time for one too many.
                    await full.Task.WaitAsync(TimeSpan.FromSeconds(60));
                    await Task.Delay(10);
                    lock (gate)
                    {
                        running--;
                    }

                    return i;
                });
            },
            Quick(slots: 3));

        await RunAsync(pipelines);

        Assert.That(most, Is.EqualTo(3));
    }

    [Test]
    public async Task Two_workers_share_a_run_and_commit_every_step_once()
    {
        int executed = 0;
        Action<PipelineBuilder<int>> define = p =>
        {
            Step<int> n = p.Step("n", static _ => Task.FromResult(40));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", async (i, _) =>
            {
                Interlocked.Increment(ref executed);
                await Task.Delay(2);
                return i;
            });
            p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
        };
        Pipelines pipelines = Work(define, Quick(slots: 2));
        Work(define, Quick(slots: 2));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("sum"), Is.EqualTo(780));
        Assert.That(executed, Is.EqualTo(40));
    }

    [Test]
    public async Task Many_runs_at_once_all_end()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> a = p.Step("a", static ctx => Task.FromResult(ctx.Parameters));
            Step<int> b = p.Step("b", a, static (x, _) => Task.FromResult(x + 1));
            p.Step("c", b, static (x, _) => Task.FromResult(x * 2));
        });

        PipelineRun[] runs = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => RunAsync(pipelines, i)));

        int[] results = await Task.WhenAll(runs.Select(static run => run.GetResultAsync<int>("c")));
        Assert.That(results, Is.EqualTo(Enumerable.Range(0, 30).Select(static i => (i + 1) * 2)));
    }
}
