using System.Collections.Concurrent;
using System.Text;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>What goes when runs are removed, and what keeps them.</summary>
public abstract class PurgeTests : StoreTests
{
    private static readonly string[] Tables =
    [
        "event", "step", "memo", "artifact", "data", "log", "decision", "cache_use", "cache", "cache_flight", "pool_wait", "purge",
    ];

    [Test]
    public async Task A_run_goes_with_all_that_belongs_to_it_and_its_artifacts_can_be_collected()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<ArtifactRef> model = p.Step("model", static async ctx =>
            {
                await ctx.MemoAsync("once", static _ => Task.FromResult(1));
                ctx.RecordInput("source", "v1");
                using var content = new MemoryStream(Encoding.UTF8.GetBytes("the weights"));
                return await ctx.StoreArtifactAsync(content, ctx.CancellationToken);
            }).WithCache(new CachePolicy { Lifetime = TimeSpan.FromMilliseconds(1) });
            Step<string> big = p.Step("big", model, static (_, _) => Task.FromResult(new string('x', 100_000)));
            p.Approval("release", big, static _ => "Release?");
        });
        PipelineRun run = await StartAsync(pipelines, key: "once");
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        await pipelines.ApproveAsync(run.Id, "release", "ann");
        (await FinishAsync(pipelines, run.Id)).EnsureSucceeded();
        Assert.That((await pipelines.Payloads.Catalog.CollectGarbageAsync()).Artifacts, Is.Zero);
        Assert.That(await pipelines.PurgeAsync(TimeSpan.FromHours(1)), Is.Zero, "it is not over for so long");

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));

        foreach (string table in Tables)
        {
            Assert.That(await CountAsync(table), Is.Zero, table);
        }

        Assert.That(await pipelines.FindAsync(run.Id), Is.Null);
        await Assert.ThatAsync(() => pipelines.RerunAsync(run.Id, ["big"]), Throws.TypeOf<PipelineRunNotFoundException>());
        await Assert.ThatAsync(() => pipelines.ApproveAsync(run.Id, "release", "bob"), Throws.TypeOf<PipelineRunNotFoundException>());
        Assert.That((await pipelines.Payloads.Catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(2));
        PipelineRun again = await StartAsync(pipelines, key: "once");
        Assert.That(again.Id, Is.GreaterThan(run.Id), "the key is free, and no number is given twice");
    }

    [Test]
    public async Task A_rerun_that_is_asked_for_again_is_found_after_its_source_was_removed()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static ctx => Task.FromResult(ctx.Parameters)));
        PipelineRun source = await RunAsync(pipelines);
        PipelineRun rerun = await pipelines.RerunAsync(source.Id, ["a"], new StartOptions { IdempotencyKey = "again" });
        await FinishAsync(pipelines, rerun.Id);
        await Database.WriteAsync(source.Id, static (session, run) => session.Execute("UPDATE orchestration_run SET finished = 0 WHERE id = @run", ("@run", run)));
        Assert.That(await pipelines.PurgeAsync(TimeSpan.FromDays(1)), Is.EqualTo(1));

        Assert.That((await pipelines.RerunAsync(source.Id, ["a"], new StartOptions { IdempotencyKey = "again" })).Id, Is.EqualTo(rerun.Id));
        await Assert.ThatAsync(() => pipelines.RerunAsync(source.Id, ["a"], new StartOptions { IdempotencyKey = "another" }), Throws.TypeOf<PipelineRunNotFoundException>());
    }

    [Test]
    public async Task Runs_that_are_not_over_stay_and_no_more_go_than_asked_for()
    {
        var gate = new TaskCompletionSource();
        Pipelines pipelines = Work(p => p.Step("a", async ctx =>
        {
            if (ctx.Parameters == 1)
            {
                await gate.Task;
            }

            return 1;
        }));
        PipelineRun open = await StartAsync(pipelines, 1);
        for (int i = 0; i < 5; i++)
        {
            await RunAsync(pipelines);
        }

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero, maximumRuns: 2), Is.EqualTo(2));
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(4));
        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero, maximumRuns: 4), Is.EqualTo(3));
        Assert.That((await pipelines.ListRunsAsync("test")).Single().Id, Is.EqualTo(open.Id));
        gate.SetResult();
        (await FinishAsync(pipelines, open.Id)).EnsureSucceeded();
    }

    [Test]
    public async Task A_result_that_the_cache_still_holds_keeps_its_run_until_it_expires()
    {
        var clock = new SettableClock();
        clock.Set(1_000_000_000);
        var pipelines = new Pipelines(
            Database, [new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)).WithCache(new CachePolicy { Lifetime = TimeSpan.FromHours(1) }))], clock: clock);
        StartWorker(pipelines);
        PipelineRun made = await RunAsync(pipelines);
        PipelineRun hit = await RunAsync(pipelines);

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));
        Assert.That(await pipelines.FindAsync(hit.Id), Is.Null, "it only took the result over");
        Assert.That((await (await RunAsync(pipelines)).ExplainCacheAsync("a"))!.FromRun, Is.EqualTo(made.Id));
        clock.Advance(TimeSpan.FromHours(2));

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(2));
        Assert.That(await CountAsync("cache"), Is.Zero);
    }

    [Test]
    public async Task What_a_later_run_has_read_keeps_the_runs_behind_it_and_all_go_together()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static ctx =>
        {
            if (ctx.Parameters > 0)
            {
                ctx.RecordInput("data", $"v{ctx.Parameters - 1}");
            }

            ctx.RecordOutput("data", $"v{ctx.Parameters}");
            return Task.FromResult(1);
        }));
        for (int i = 0; i < 3; i++)
        {
            await RunAsync(pipelines, i);
        }

        // The last of the chain is not yet old enough.
        long last = (await pipelines.ListRunsAsync("test"))[0].Id;
        await SetFinishedAsync(last, DateTimeOffset.UnixEpoch.AddYears(200));
        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.Zero);
        Assert.That((await pipelines.TraceBackAsync("v2")).Uses, Has.Count.EqualTo(5));

        await SetFinishedAsync(last, DateTimeOffset.UnixEpoch.AddDays(2));
        await SetFinishedAsync(last - 1, DateTimeOffset.UnixEpoch.AddDays(1));
        await SetFinishedAsync(last - 2, DateTimeOffset.UnixEpoch);
        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(3));
        Assert.That((await pipelines.TraceBackAsync("v2")).Uses, Is.Empty);
    }

    [Test]
    public async Task A_purge_that_was_broken_off_is_continued_and_the_run_is_gone_meanwhile()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static ctx =>
        {
            ctx.RecordOutput("data", "v");
            return Task.FromResult(1);
        }));
        PipelineRun run = await RunAsync(pipelines);
        PipelineRun other = await RunAsync(pipelines);

        Assert.That(await pipelines.Store.TryPurgeAsync(other.Id, long.MaxValue, default), Is.True);
        Assert.That(await pipelines.Store.TryPurgeAsync(other.Id, long.MaxValue, default), Is.False);
        Assert.That(await pipelines.FindAsync(other.Id), Is.Null);
        Assert.That((await pipelines.FindProducersAsync("v", 1)).Single().RunId, Is.EqualTo(run.Id), "what is left of it fills no page");
        Assert.That(await CountAsync("step"), Is.EqualTo(2));

        Assert.That(await pipelines.PurgeAsync(TimeSpan.FromDays(1)), Is.EqualTo(1), "it was begun, so it is finished");
        Assert.That(await CountAsync("step"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_run_of_more_rows_than_a_transaction_takes_goes_in_slices()
    {
        Pipelines pipelines = Work(static p => p.ForEach("item", p.Step("count", static ctx => Task.FromResult(ctx.Parameters)), static n => Enumerable.Range(0, n), static x => $"{x}", static (x, _) => Task.FromResult(x)), Quick(slots: 32));
        await RunAsync(pipelines, 1_100);

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));
        Assert.That(await CountAsync("event") + await CountAsync("step") + await CountAsync("purge"), Is.Zero);
    }

    [Test]
    public async Task A_result_that_is_removed_between_look_and_commit_is_made_again()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(7)).WithCache());
        await using (StartWorker(pipelines))
        {
            await RunAsync(pipelines);
        }

        bool removed = false;
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.AfterExecution && !removed)
            {
                removed = true;
                Database.WriteAsync(0, static (session, _) => session.Execute("UPDATE orchestration_cache SET expires = 1")).GetAwaiter().GetResult();
                Assert.That(pipelines.PurgeAsync(TimeSpan.Zero).GetAwaiter().GetResult(), Is.EqualTo(1));
            }
        };
        StartWorker(pipelines);
        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(await run.GetResultAsync<int>("a"), Is.EqualTo(7));
        StepStatus step = (await run.GetStepsAsync()).Single();
        Assert.That((step.Attempts, step.LostAttempts, step.Failures), Is.EqualTo((2, 1, 0)));
    }

    [Test]
    public async Task Reruns_and_cache_hits_beside_purges_have_whole_results_or_are_told_that_the_run_is_gone()
    {
        Action<PipelineBuilder<int>> define = static p =>
        {
            Step<string> a = p.Step("a", static ctx => Task.FromResult(new string('x', 70_000 + ctx.Parameters)))
                .WithCache(new CachePolicy { Lifetime = TimeSpan.FromMilliseconds(5) });
            p.Step("b", a, static (text, _) => Task.FromResult(text.Length));
        };
        Pipelines pipelines = Work(define);
        Pipelines purging = Know(define);
        using var done = new CancellationTokenSource();
        var purge = Task.Run(async () =>
        {
            int removed = 0;
            while (!done.IsCancellationRequested)
            {
                removed += await purging.PurgeAsync(TimeSpan.Zero);
                await purging.Payloads.Catalog.CollectGarbageAsync();
            }

            return removed;
        });
        int whole = 0;
        int gone = 0;
        await Task.WhenAll(Enumerable.Range(0, 3).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 8; i++)
            {
                try
                {
                    PipelineRun first = await pipelines.WaitAsync((await StartAsync(pipelines, i)).Id);
                    PipelineRun second = await pipelines.WaitAsync((await pipelines.RerunAsync(first.Id, ["b"])).Id);
                    Assert.That((first.State, second.State), Is.EqualTo((PipelineRunState.Succeeded, PipelineRunState.Succeeded)), first.Error ?? second.Error);
                    Interlocked.Increment(ref whole);
                }
                catch (PipelineRunNotFoundException)
                {
                    Interlocked.Increment(ref gone);
                }
            }
        })));
        await done.CancelAsync();

        Assert.That(whole + gone, Is.EqualTo(24));
        Assert.That(await purge + await pipelines.PurgeAsync(TimeSpan.Zero), Is.GreaterThanOrEqualTo(24));
        await Task.Delay(10);
        await pipelines.PurgeAsync(TimeSpan.Zero);
        Assert.That(await CountAsync("run") + await CountAsync("event") + await CountAsync("artifact"), Is.Zero);
    }

    [Test]
    public async Task Arguments_are_checked()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await Assert.ThatAsync(() => pipelines.PurgeAsync(TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
        await Assert.ThatAsync(() => pipelines.PurgeAsync(TimeSpan.Zero, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private async Task<long> CountAsync(string table) => (await Database.QueryAsync(
        $"SELECT count(*) FROM orchestration_{table}", static row => row.GetInt64(0), CancellationToken.None)).Single();

    private Task<int> SetFinishedAsync(long run, DateTimeOffset at) => Database.WriteAsync(
        (run, At: at.ToUnixTimeMilliseconds() * 1_000),
        static (session, state) => session.Execute("UPDATE orchestration_run SET finished = @at WHERE id = @run", ("@at", state.At), ("@run", state.run)));
}
