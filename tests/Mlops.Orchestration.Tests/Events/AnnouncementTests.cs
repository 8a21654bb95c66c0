using System.Text;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

public abstract class AnnouncementTests : StoreTests
{
    private const string Canary = "canary-77d1";

    [Test]
    public async Task A_run_and_each_step_that_begins_are_told_once_at_the_start_and_once_at_the_end()
    {
        Pipelines pipelines = Tell(static p =>
        {
            Step<int> first = p.Step("first", static ctx => ctx.Attempt < 3 ? throw new TimeoutException() : Task.FromResult(2)).WithRetry(RetryPolicy.Fixed(5, TimeSpan.Zero));
            Steps<int> items = p.ForEach("item", first, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
            p.When(items, static all => all.Count > 5).Then(static b => b.Step("never", static _ => Task.FromResult(1)));
        });
        StartWorker(pipelines);

        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();
        List<OutboxMessage> messages = await Listener.ReadAsync(Database);

        string uid = PipelineRunTransition.Parse(messages[0].Payload.Span).RunUid;
        PipelineStepTransition[] steps = Steps(messages);
        Assert.That((messages[0].Topic, messages[0].Id), Is.EqualTo((PipelineRunTransition.StartedTopic, $"{uid}/started")));
        Assert.That((messages[^1].Topic, messages[^1].Id), Is.EqualTo((PipelineRunTransition.SucceededTopic, $"{uid}/ended")));
        Assert.That(messages.Select(static m => m.Id), Is.Unique);
        Assert.That(
            steps.Select(static s => (s.Step, s.State)),
            Is.EquivalentTo(((string, StepState)[])[.. ((string[])["first", "item", "item[0]", "item[1]", "item?"]).SelectMany(static s => ((string, StepState)[])[(s, StepState.Running), (s, StepState.Succeeded)])]));
        Assert.That(steps.Single(static s => s is { Step: "first", State: StepState.Succeeded }).Attempts, Is.EqualTo(3));
        Assert.That(steps.Single(static s => s is { Step: "item[1]", State: StepState.Running }).Node, Is.EqualTo("item[]"));
        Assert.That(steps.Select(static s => (s.RunId, s.RunUid, s.Pipeline)).Distinct(), Is.EqualTo(((long, string, string)[])[(run.Id, uid, "test")]));
        Assert.That(steps.Select(static s => s.StepUid).Distinct().Count(), Is.EqualTo(5));
    }

    [Test]
    public async Task A_failure_is_told_with_its_kind_and_without_secrets_and_what_never_began_is_not_told()
    {
        Pipelines pipelines = Tell(static p =>
        {
            Step<int> bad = p.Step("bad", static async ctx => await ctx.GetSecretAsync("key") is { } key ? throw new PermanentStepException($"refused {key}") : 1);
            p.Step("blocked", bad, static (x, _) => Task.FromResult(x));
        });
        await using var worker = new PipelineWorker(pipelines, Quick(), secrets: new Source());
        worker.Start();

        await RunAsync(pipelines);
        List<OutboxMessage> messages = await Listener.ReadAsync(Database);

        Assert.That(messages.Select(static m => Encoding.UTF8.GetString(m.Payload.Span)), Has.None.Contains(Canary));
        PipelineStepTransition end = Steps(messages)[^1];
        Assert.That((end.Step, end.State, end.FailureKind), Is.EqualTo(("bad", StepState.Failed, StepFailureKind.Permanent)));
        Assert.That(end.Error, Does.EndWith("refused ***"));
        PipelineRunTransition run = PipelineRunTransition.Parse(messages[^1].Payload.Span);
        Assert.That((messages[^1].Topic, run.State, run.FailureKind, run.FailedStep), Is.EqualTo((PipelineRunTransition.FailedTopic, PipelineRunState.Failed, RunFailureKind.StepFailed, "bad")));
        Assert.That(Steps(messages).Select(static s => s.Step), Has.None.EqualTo("blocked"));
    }

    [Test]
    public async Task Steps_that_have_begun_end_with_a_run_that_is_cancelled()
    {
        Pipelines pipelines = Tell(static p =>
        {
            Step<int> done = p.Step("done", static _ => Task.FromResult(1));
            Step<int> runs = p.Step("runs", done, static async (x, ctx) =>
            {
                await Task.Delay(Timeout.Infinite, ctx.CancellationToken);
                return x;
            });
            p.Step("waits", runs, static (x, _) => Task.FromResult(x));
        });
        StartWorker(pipelines);
        PipelineRun run = await StartAsync(pipelines);
        await foreach (RunEvent entry in pipelines.WatchAsync(run.Id))
        {
            if (entry is StepStarted { Step: "runs" })
            {
                await pipelines.CancelAsync(run.Id, "enough");
            }
        }

        List<OutboxMessage> messages = await Listener.ReadAsync(Database);

        Assert.That(Steps(messages).Where(static s => s.State != StepState.Running).Select(static s => (s.Step, s.State)), Is.EqualTo(((string, StepState)[])[("done", StepState.Succeeded), ("runs", StepState.Cancelled)]));
        Assert.That((messages[^1].Topic, PipelineRunTransition.Parse(messages[^1].Payload.Span).Error), Is.EqualTo((PipelineRunTransition.CancelledTopic, "enough")));
    }

    [Test]
    public async Task A_question_is_told_once_and_its_step_still_starts_and_ends_once()
    {
        Pipelines pipelines = Tell(static p =>
        {
            Step<int> made = p.Step("made", static _ => Task.FromResult(7));
            p.Approval("release", made, static x => $"Release {x}?");
        });
        StartWorker(pipelines);
        PipelineRun run = await StartAsync(pipelines);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        await pipelines.ApproveAsync(run.Id, "release", "ann");
        await FinishAsync(pipelines, run.Id);
        List<OutboxMessage> messages = await Listener.ReadAsync(Database);

        PipelineApprovalRequest asked = PipelineApprovalRequest.Parse(messages.Single(static m => m.Topic == PipelineApprovalRequest.Topic).Payload.Span);
        Assert.That((asked.RunId, asked.Pipeline, asked.Step, asked.Question, asked.ExpiresAt), Is.EqualTo((run.Id, "test", "release", "Release 7?", (DateTimeOffset?)null)));
        Assert.That(Steps(messages).Where(static s => s.Step == "release").Select(static s => s.State), Is.EqualTo((StepState[])[StepState.Running, StepState.Succeeded]));
    }

    [Test]
    public async Task What_nobody_takes_is_not_written()
    {
        Pipelines pipelines = Know(static p => p.Step("one", static _ => Task.FromResult(1)), new Outbox(Database, [new Listener(static topic => topic == PipelineRunTransition.SucceededTopic)]));
        StartWorker(pipelines);
        await RunAsync(pipelines);

        Assert.That((await Listener.ReadAsync(Database)).Select(static m => m.Topic), Is.EqualTo((string[])[PipelineRunTransition.SucceededTopic]));
    }

    [Test]
    public async Task A_step_tells_what_it_has_read_and_made_under_names_that_meet_those_of_other_steps()
    {
        Pipelines pipelines = Tell(static p =>
        {
            Step<ArtifactRef> data = p.Step("data", static async ctx =>
            {
                ctx.RecordInput("s3://lake/rides.parquet", "etag-1");
                return await ctx.StoreArtifactAsync(new MemoryStream([1, 2, 3]));
            });
            Steps<int> folds = p.ForEach("fold", data, static d => (int[])[(int)d.Length], static i => $"{i}", static (i, _) => Task.FromResult(i));
            p.Step("train", data, folds, static async (d, _, ctx) =>
            {
                await using Stream content = await ctx.OpenArtifactAsync(d);
                ctx.RecordOutput("models:/m/1", "m-1");
                return 1;
            });
        });
        StartWorker(pipelines);
        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();
        Dictionary<string, PipelineStepTransition> ends = Steps(await Listener.ReadAsync(Database)).Where(static s => s.State == StepState.Succeeded).ToDictionary(static s => s.Step);
        string artifact = (await run.GetResultAsync<ArtifactRef>("data")).Sha256;

        StepData made = ends["data"].Data.Single(static d => d is { Kind: StepDataKind.Result, IsOutput: true });
        Assert.That(made.Name, Is.EqualTo("data"));
        Assert.That(ends["data"].Data, Is.EquivalentTo((StepData[])[made, new(StepDataKind.External, "s3://lake/rides.parquet", "etag-1", false), new(StepDataKind.Artifact, "", artifact, true)]));
        StepData fold = ends["fold[3]"].Data.Single(static d => d.IsOutput);
        Assert.That(ends["fold[3]"].Data, Is.EquivalentTo((StepData[])[new(StepDataKind.Result, "data", null, false), fold with { Name = "fold" }]));
        Assert.That(
            ends["train"].Data.Where(static d => !d.IsOutput && d.Name != "fold"),
            Is.EquivalentTo((StepData[])[made with { IsOutput = false }, new(StepDataKind.Artifact, "", artifact, false)]));
        Assert.That(ends["train"].Data, Has.Some.EqualTo(new StepData(StepDataKind.External, "models:/m/1", "m-1", true)));
        Assert.That(ends["train"].Data.Single(static d => d is { Name: "fold" }).Digest, Has.Length.EqualTo(64));
    }

    [Test]
    public async Task A_step_ends_however_much_it_has_recorded()
    {
        string tail = new('&', 900);
        Pipelines pipelines = Tell(p => p.Step("many", ctx =>
        {
            for (int i = 0; i < StepAttempt.MaximumData; i++)
            {
                ctx.RecordInput($"{i}{tail}", "1");
            }

            ctx.RecordInput($"0{tail}", "1");
            Assert.That(() => ctx.RecordInput("one more", "1"), Throws.TypeOf<PermanentStepException>());
            return Task.FromResult(1);
        }));
        StartWorker(pipelines);
        (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(Steps(await Listener.ReadAsync(Database))[^1].Data, Has.Count.InRange(1, StepAttempt.MaximumData - 1), "what has room");
    }

    [Test]
    public async Task What_a_step_has_made_is_told_however_much_its_attempts_have_read()
    {
        Pipelines pipelines = Tell(static p => p.Step("many", static async ctx =>
        {
            for (int i = 0; i < StepAttempt.MaximumData; i++)
            {
                ctx.RecordInput($"{ctx.Attempt} {i}", "1");
            }

            await ctx.MemoAsync($"{ctx.Attempt}", static _ => Task.FromResult(1));
            if (ctx.Attempt < 3)
            {
                throw new TimeoutException();
            }

            ctx.RecordOutput("made", "1");
            return 1;
        }).WithRetry(RetryPolicy.Fixed(3, TimeSpan.Zero)));
        StartWorker(pipelines);
        (await RunAsync(pipelines)).EnsureSucceeded();

        IReadOnlyList<StepData> told = Steps(await Listener.ReadAsync(Database))[^1].Data;
        Assert.That(told, Has.Some.EqualTo(new StepData(StepDataKind.External, "made", "1", true)));
        Assert.That(told.Count(static data => !data.IsOutput), Is.EqualTo(PipelineStepTransition.MaximumItems));
    }

    private Pipelines Tell(Action<PipelineBuilder<int>> define) => Know(define, Listener.To(Database));

    private static PipelineStepTransition[] Steps(List<OutboxMessage> messages) =>
        [.. messages.Where(static m => PipelineStepTransition.Is(m.Topic)).Select(static m => PipelineStepTransition.Parse(m.Payload.Span))];

    private sealed class Source : ISecretSource
    {
        public ValueTask<string?> FindAsync(string name, CancellationToken cancellationToken) => new(Canary);
    }
}
