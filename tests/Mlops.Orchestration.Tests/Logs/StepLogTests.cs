using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Orchestration.Tests;

public abstract class StepLogTests : StoreTests
{
    [Test]
    public async Task What_a_step_logs_is_kept_by_attempt_and_shown_on_the_page_and_reaches_the_host()
    {
        var host = new FakeLogger<PipelineWorker>();
        Pipelines pipelines = Know(static p => p.Step("a", static ctx =>
        {
            TestLog.Begins(ctx.Logger, ctx.Attempt);
            ctx.Logger.LogDebug("not kept");
            return ctx.Attempt == 1 ? throw new TimeoutException() : Task.FromResult(1);
        }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));
        await using var worker = new PipelineWorker(pipelines, Quick(), logger: host);
        worker.Start();

        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        IReadOnlyList<StepLogLine> lines = await run.ReadLogAsync("a");
        Assert.That(
            lines.Select(static line => (line.Attempt, line.Level, line.Message)),
            Is.EqualTo(((int, LogLevel, string)[])[(1, LogLevel.Information, "attempt 1 <b>"), (2, LogLevel.Information, "attempt 2 <b>")]));
        Assert.That(await run.ReadLogAsync("b"), Is.Empty);
        Assert.That(await run.ToHtmlAsync(), Does.Contain("attempt 2 &lt;b&gt;"));
        Assert.That(host.Collector.GetSnapshot().Select(static record => record.Message), Does.Contain("attempt 2 <b>"));
    }

    [Test]
    public async Task The_first_lines_of_an_attempt_are_kept_each_cut_to_length()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static ctx =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                string text = i == 0 ? new string('x', 5_000) : $"{i}";
                var late = new TimeoutException("late");
                TestLog.Warns(ctx.Logger, late, text);
            }

            return Task.FromResult(1);
        }));

        IReadOnlyList<StepLogLine> lines = await (await RunAsync(pipelines)).ReadLogAsync("a");

        Assert.That(lines, Has.Count.EqualTo(201));
        Assert.That(lines[0].Message, Has.Length.EqualTo(2_000));
        Assert.That(lines[199].Message, Is.EqualTo("199 System.TimeoutException: late"));
        Assert.That(lines[200].Message, Does.StartWith("Further lines of the attempt are not kept"));
    }

    [Test]
    public async Task Lines_of_a_step_that_still_runs_can_be_read()
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Pipelines pipelines = Work(p => p.Step("a", async ctx =>
        {
            ctx.Logger.LogInformation("begins");
            await end.Task;
            return 1;
        }));
        PipelineRun run = await StartAsync(pipelines);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await run.ReadLogAsync("a")).Count == 0)
        {
            await Task.Delay(20, limit.Token);
        }

        end.SetResult();
        Assert.That((await (await FinishAsync(pipelines, run.Id)).ReadLogAsync("a")).Single().Message, Is.EqualTo("begins"));
    }

    [Test]
    public void Lines_are_offered_until_they_are_known_to_be_kept()
    {
        var logger = new StepLogger(NullLogger.Instance, TimeProvider.System, new StepSecrets(null)) { Attempt = 1 };
        TestLog.Begins(logger, 1);
        TestLog.Begins(logger, 2);

        // The watch takes them, and before they are stored the step ends.
        (int first, IReadOnlyList<StepLogLine> watched) = logger.Read();
        TestLog.Begins(logger, 3);
        (int again, IReadOnlyList<StepLogLine> last) = logger.Read();
        Assert.That((first, watched.Count, again, last.Count), Is.EqualTo((0, 2, 0, 3)));

        logger.Kept(3);
        logger.Kept(2);
        Assert.That(logger.Read(), Is.EqualTo((3, (IReadOnlyList<StepLogLine>)[])));
    }

    [Test]
    public async Task An_attempt_that_lost_its_step_writes_no_line()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep lost = (await pipelines.Store.ClaimAsync("one", 1, default)).Single();
        await pipelines.Store.ReleaseAsync(lost, "test", default);
        ClaimedStep owner = (await pipelines.Store.ClaimAsync("two", 1, default)).Single();
        StepLogLine[] lines = [new(1, DateTimeOffset.UnixEpoch, LogLevel.Information, "x")];

        Assert.That(await pipelines.Store.KeepLogAsync(lost, 0, lines, default), Is.Zero);
        Assert.That(await pipelines.Store.KeepLogAsync(owner, 0, lines, default), Is.EqualTo(1));
        Assert.That(await pipelines.Store.KeepLogAsync(owner, 0, lines, default), Is.Zero, "repeated");
        Assert.That(await run.ReadLogAsync("a"), Has.Count.EqualTo(1));
    }
}
