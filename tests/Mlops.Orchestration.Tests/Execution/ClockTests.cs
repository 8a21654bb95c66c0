using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>The database's clock is set while workers work.</summary>
public abstract class ClockTests : StoreTests
{
    private const int Items = 60;

    [Test]
    [CancelAfter(180_000)]
    public async Task A_clock_that_is_set_an_hour_forth_and_back_disturbs_no_run(CancellationToken cancellationToken)
    {
        var clock = new SteppedClock(new LeaseTable(Database).Clock);
        Pipelines[] pipelines = [Open(clock), Open(clock)];
        PipelineWorkerOptions options = Quick();
        options.LeaseDuration = TimeSpan.FromSeconds(3);
        foreach (Pipelines each in pipelines)
        {
            StartWorker(each, options);
        }

        foreach (int hours in (int[])[1, -1, -1, 1, 1, -1])
        {
            PipelineRun run = await StartAsync(pipelines[0], hours);
            while ((await pipelines[0].GetAsync(run.Id, cancellationToken)) is { IsOver: false, LastSequence: < Items })
            {
                await Task.Delay(5, cancellationToken);
            }

            clock.Step(TimeSpan.FromHours(hours));
            run = await pipelines[0].WaitAsync(run.Id, cancellationToken);

            await LogInvariants.CheckAsync(pipelines[0], run.Id);
            Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("sum", cancellationToken), Is.EqualTo(Enumerable.Range(0, Items).Sum(i => i + hours)));
        }
    }

    [Test]
    public async Task What_is_ready_waits_for_no_clock_and_a_retry_waits_for_it_to_be_there_again()
    {
        var clock = new SteppedClock(new LeaseTable(Database).Clock);
        Pipelines pipelines = Open(clock);
        await pipelines.RegisterAsync();
        PipelineRun later = await StartAsync(pipelines);
        PipelineGraph graph = pipelines.Graphs[0];
        ClaimedStep first = (await pipelines.Store.ClaimAsync("w", 1, default)).Single();
        await pipelines.Store.FailAsync(new StepFailure(first, graph, graph.FindNode("first")!, "again", StepFailureKind.Error, TimeSpan.FromMinutes(5), null), default);
        PipelineRun ready = await StartAsync(pipelines);

        clock.Step(TimeSpan.FromHours(-1));
        List<ClaimedStep> claimed = await pipelines.Store.ClaimAsync("w", 9, default);
        claimed.AddRange(await pipelines.Store.ClaimAsync("w", 9, default));

        Assert.That(claimed.Select(static step => step.Run.Id), Is.EqualTo((long[])[ready.Id]));
        clock.Step(TimeSpan.FromHours(2));
        Assert.That((await pipelines.Store.ClaimAsync("w", 9, default)).Single().Run.Id, Is.EqualTo(later.Id));
    }

    [Test]
    public async Task Epochs_grow_even_when_the_clock_steps_back()
    {
        var clock = new SettableClock();
        clock.Set(10_000_000_000);
        var pipelines = new Pipelines(Database, [new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)))], clock: clock);
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep first = await ClaimAsync(pipelines, "w1");
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);

        clock.Advance(TimeSpan.FromHours(-1));
        ClaimedStep second = await ClaimAsync(pipelines, "w2");
        await pipelines.Store.ReleaseAsync(second, "back", default);
        clock.Advance(TimeSpan.FromHours(-1));
        ClaimedStep third = await ClaimAsync(pipelines, "w3");

        Assert.That((long[])[first.Epoch, second.Epoch, third.Epoch], Is.Ordered.And.Unique);
        Assert.That((await FencingTests.CommitAsync(pipelines, second)).Status, Is.EqualTo(CommitStatus.Fenced));
        Assert.That((await FencingTests.CommitAsync(pipelines, third)).Status, Is.EqualTo(CommitStatus.Committed));
    }

    [Test]
    public async Task A_clock_that_is_set_back_holds_up_retries_that_are_due_and_nothing_that_is_ready()
    {
        var clock = new SettableClock();
        clock.Set(10_000_000_000);
        var pipelines = new Pipelines(
            Database,
            [new TestPipeline(static p =>
            {
                Step<int> a = p.Step("a", static _ => Task.FromResult(1));
                Step<int> b = p.Step("b", a, static (x, _) => Task.FromResult(x));
                p.Step("c", b, static (x, _) => Task.FromResult(x));
            })],
            clock: clock);
        await pipelines.RegisterAsync();
        await StartAsync(pipelines);
        clock.Advance(TimeSpan.FromHours(-1));
        ClaimedStep a = await ClaimAsync(pipelines, "w");
        await FencingTests.CommitAsync(pipelines, a);
        clock.Advance(TimeSpan.FromHours(-1));
        Assert.That(await pipelines.Store.ReadNextWakeAsync(default), Is.LessThan(0), "nothing to wait for");
        ClaimedStep b = await ClaimAsync(pipelines, "w");

        await FencingTests.FailAsync(pipelines, b, TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromHours(-1));
        Assert.That(await pipelines.Store.ClaimAsync("w", 1, default), Is.Empty);
        clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
        Assert.That((await ClaimAsync(pipelines, "w")).Key, Is.EqualTo("b"));
    }

    private Pipelines Open(ILeaseClock clock) => new(Database, [new TestPipeline(static p =>
    {
        Steps<int> items = p.ForEach("item", p.Step("first", static ctx => Task.FromResult(ctx.Parameters)), static x => Enumerable.Range(0, Items).Select(i => i + x), static i => $"{i}", static async (i, ctx) =>
        {
            await Task.Delay(10, ctx.CancellationToken);
            return i;
        });
        p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
    })], clock: clock);

    private sealed class SteppedClock(ILeaseClock clock) : ILeaseClock
    {
        private long _offset;

        public long Read(SqlSession session) => clock.Read(session) + Interlocked.Read(ref _offset);

        public void Step(TimeSpan step) => Interlocked.Add(ref _offset, UnixMicroseconds.From(step));
    }
}
