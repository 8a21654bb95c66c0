using System.Text;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>Removal at the moments at which others take something from the run that is removed.</summary>
public abstract class PurgeRaceTests : StoreTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    public async Task A_rerun_whose_source_is_removed_after_it_has_looked_is_told_so_and_leaves_nothing()
    {
        Pipelines pipelines = Know(Big);
        PipelineRun source = await EndAsync(pipelines);
        int removed = 0;
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeStart)
            {
                removed = pipelines.PurgeAsync(TimeSpan.Zero).GetAwaiter().GetResult();
            }
        };

        await Assert.ThatAsync(() => pipelines.RerunAsync(source.Id, ["length"]), Throws.TypeOf<PipelineRunNotFoundException>());

        Assert.That(removed, Is.EqualTo(1));
        Assert.That(await CountAsync("run") + await CountAsync("step") + await CountAsync("event") + await CountAsync("artifact"), Is.Zero);
    }

    [Test]
    public async Task A_rerun_that_copies_holds_up_the_removal_and_has_all_its_inputs()
    {
        var clock = new HookedClock();
        var artifacts = new ArtifactCatalog(Database, new FileArtifactStore(Artifacts));
        var pipelines = new Pipelines(Database, [new TestPipeline(Big)], artifacts, clock);
        PipelineRun source = await EndAsync(pipelines);
        Pipelines purging = Know(Big);
        Task<int>? purge = null;

        // Read between the lock on the source and the first row that is copied.
        clock.Reading = session =>
        {
            purge = Task.Run(() => purging.PurgeAsync(TimeSpan.Zero));
            WaitUntil(() => purge.IsCompleted || session.Dialect.ForUpdate.Length == 0 || IsWaitedFor(session));
        };
        PipelineRun rerun = await pipelines.RerunAsync(source.Id, ["length"]);

        Assert.That(await purge!.WaitAsync(Limit), Is.EqualTo(1), "once the rerun is stored");
        Assert.That(await pipelines.FindAsync(source.Id), Is.Null);
        Assert.That((await artifacts.CollectGarbageAsync()).Artifacts, Is.Zero, "the rerun refers to it as well");
        StartWorker(pipelines);
        rerun = (await FinishAsync(pipelines, rerun.Id)).EnsureSucceeded();
        Assert.That(await rerun.GetResultAsync<int>("length"), Is.EqualTo(70_000));
        Assert.That(await rerun.GetResultAsync<string>("text"), Has.Length.EqualTo(70_000));
    }

    [Test]
    public async Task What_was_taken_from_the_cache_stays_whole_when_the_run_that_made_it_is_removed()
    {
        var clock = new SettableClock();
        clock.Set(1_000_000_000);
        var artifacts = new ArtifactCatalog(Database, new FileArtifactStore(Artifacts));
        int made = 0;
        var pipelines = new Pipelines(
            Database,
            [new TestPipeline(p => p.Step("model", async ctx =>
            {
                made++;
                ctx.RecordInput("source", "v1");
                ctx.RecordOutput("table", "v2");
                using var content = new MemoryStream(Encoding.UTF8.GetBytes("the weights"));
                return await ctx.StoreArtifactAsync(content, ctx.CancellationToken);
            }).WithCache(new CachePolicy { Lifetime = TimeSpan.FromHours(1) }))],
            artifacts,
            clock);
        StartWorker(pipelines);
        PipelineRun maker = await RunAsync(pipelines);
        clock.Advance(TimeSpan.FromMinutes(50));
        PipelineRun taker = await RunAsync(pipelines);
        clock.Advance(TimeSpan.FromMinutes(50));

        Assert.That(await pipelines.PurgeAsync(TimeSpan.FromHours(1)), Is.EqualTo(1));

        Assert.That((await pipelines.FindAsync(maker.Id), made), Is.EqualTo(((PipelineRun?)null, 1)));
        Assert.That((await artifacts.CollectGarbageAsync()).Artifacts, Is.Zero);
        ArtifactRef model = await taker.GetResultAsync<ArtifactRef>("model");
        await using (Stream content = await artifacts.OpenReadAsync(ContentHash.Parse(model.Sha256)))
        {
            Assert.That(await new StreamReader(content).ReadToEndAsync(), Is.EqualTo("the weights"));
        }

        DataUse use = (await pipelines.FindProducersAsync("v2", 10)).Single();
        Assert.That((use.RunId, use.FromRun), Is.EqualTo((taker.Id, (long?)maker.Id)), "the number stays, and is never given again");
        Assert.That((await pipelines.FindConsumersAsync("v1", 10)).Single().RunId, Is.EqualTo(taker.Id));
        Assert.That((await taker.ExplainCacheAsync("model"))!.FromRun, Is.EqualTo(maker.Id));

        // What was in the cache is gone with its run; the next one is compared with the taker.
        CacheExplanation next = (await (await RunAsync(pipelines)).ExplainCacheAsync("model"))!;
        Assert.That((next.Outcome, next.ComparedWith, made), Is.EqualTo((CacheOutcome.Missed, (long?)taker.Id, 2)));
    }

    [Test]
    public async Task Whoever_waits_for_a_result_makes_it_when_the_run_that_makes_it_is_cancelled_and_removed()
    {
        int begun = 0;
        var working = new TaskCompletionSource();
        Pipelines pipelines = Work(p => p.Step("a", async ctx =>
        {
            if (Interlocked.Increment(ref begun) == 1)
            {
                working.SetResult();
                await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
            }

            return 7;
        }).WithCache(new CachePolicy { UsesParameters = false }));
        PipelineRun first = await StartAsync(pipelines, 1);
        await working.Task.WaitAsync(Limit);
        PipelineRun second = await StartAsync(pipelines, 2);
        await SeeAsync<StepStarted>(pipelines, second.Id);

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.Zero);
        Assert.That((await CountAsync("cache_flight"), begun), Is.EqualTo((1L, 1)), "one works on it, and is known to");

        await pipelines.CancelAsync(first.Id, "enough");
        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));
        second = (await FinishAsync(pipelines, second.Id)).EnsureSucceeded();
        Assert.That((await second.GetResultAsync<int>("a"), begun), Is.EqualTo((7, 2)));
        Assert.That(await CountAsync("cache_flight"), Is.Zero);
    }

    private static void Big(PipelineBuilder<int> p)
    {
        Step<string> text = p.Step("text", static _ => Task.FromResult(new string('x', 70_000)));
        p.Step("length", text, static (text, _) => Task.FromResult(text.Length));
    }

    /// <summary>A run that is over, and no worker that goes on.</summary>
    private async Task<PipelineRun> EndAsync(Pipelines pipelines)
    {
        await using (StartWorker(pipelines))
        {
            return (await RunAsync(pipelines)).EnsureSucceeded();
        }
    }

    private async Task<long> CountAsync(string table) => (await Database.QueryAsync(
        $"SELECT count(*) FROM orchestration_{table}", static row => row.GetInt64(0), CancellationToken.None)).Single();

    private static bool IsWaitedFor(SqlSession session) => session.QueryFirst(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))", static row => row.GetInt64(0)) > 0;

    private static void WaitUntil(Func<bool> holds) => Assert.That(SpinWait.SpinUntil(holds, Limit), Is.True, "neither removed nor held up");

    /// <summary>Grows with every reading, and does something at the next one.</summary>
    private sealed class HookedClock : ILeaseClock
    {
        private long _now = 1_000_000_000;

        public Action<SqlSession>? Reading { get; set; }

        public long Read(SqlSession session)
        {
            Action<SqlSession>? reading = Reading;
            Reading = null;
            reading?.Invoke(session);
            return Interlocked.Increment(ref _now);
        }
    }
}
