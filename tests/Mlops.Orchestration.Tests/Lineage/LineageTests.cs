using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration.Tests;

public abstract class LineageTests : StoreTests
{
    [Test]
    public async Task Who_made_and_who_read_an_artifact_is_found_over_pipelines()
    {
        (Pipelines pipelines, PipelineRun prepared, string digest) = await PrepareAsync();
        Pipelines training = Know(p => Train(p, digest), name: "training");
        StartWorker(training);
        PipelineRun first = (await RunAsync(training)).EnsureSucceeded();
        PipelineRun second = (await RunAsync(training)).EnsureSucceeded();

        DataUse maker = (await pipelines.FindProducersAsync(digest)).Single();
        Assert.That((maker.RunId, maker.Pipeline, maker.Step, maker.State, maker.FromRun), Is.EqualTo((prepared.Id, "test", "clean", StepState.Succeeded, (long?)null)));
        Assert.That(maker.Data, Is.EqualTo(new StepData(StepDataKind.Artifact, "", digest, true)));
        Assert.That(maker.At, Is.Not.Null);
        IReadOnlyList<DataUse> readers = await training.FindConsumersAsync(digest);
        Assert.That(readers.Select(static use => (use.RunId, use.Step)), Is.EqualTo(((long, string)[])[(second.Id, "train"), (first.Id, "train")]), "the latest first");
        Assert.That(await pipelines.FindConsumersAsync("nothing"), Is.Empty);

        IReadOnlyList<DataUse> page = await training.FindConsumersAsync(digest, take: 1);
        IReadOnlyList<DataUse> next = await training.FindConsumersAsync(digest, take: 1, after: page[0]);
        Assert.That((page.Single().RunId, next.Single().RunId), Is.EqualTo((second.Id, first.Id)));
        Assert.That(await training.FindConsumersAsync(digest, take: 1, after: next[0]), Is.Empty);
    }

    [Test]
    public async Task Behind_a_model_stand_the_steps_before_it_and_the_runs_that_made_what_they_read_and_nothing_else()
    {
        (Pipelines pipelines, PipelineRun prepared, string digest) = await PrepareAsync();
        Pipelines training = Know(p => Train(p, digest), name: "training");
        StartWorker(training);
        PipelineRun run = (await RunAsync(training, 5)).EnsureSucceeded();

        LineageTrace trace = await pipelines.TraceBackAsync("model-5");

        Assert.That(trace.IsComplete, Is.True);
        Assert.That(
            trace.Uses.Select(static use => (use.RunId, use.Step, use.Data.IsOutput, use.Data.Name)),
            Is.EquivalentTo(((long, string, bool, string)[])
            [
                (run.Id, "promote", true, "models:/m/1"), (run.Id, "train", false, ""), (run.Id, "fold[2]", false, "codes"),
                (prepared.Id, "clean", true, ""), (prepared.Id, "load", false, "s3://lake/rides"),
            ]));
        Assert.That(trace.RunIds, Is.EqualTo((long[])[run.Id, prepared.Id]));
        Assert.That((await pipelines.GetAsync(trace.RunIds.First())).GetParameters((JsonTypeInfo<int>)training.Graphs[0].Parameters), Is.EqualTo(5), "in a process that does not know the pipeline");
        Assert.That((await pipelines.FindMakerAsync("model-5", "models:/m/1"))!.Step, Is.EqualTo("promote"));
        Assert.That(await pipelines.FindMakerAsync("model-5", "another name"), Is.Null);

        LineageTrace cut = await pipelines.TraceBackAsync("model-5", take: 2);
        Assert.That((cut.Uses.Count, cut.IsComplete), Is.EqualTo((2, false)));
        Assert.That((await pipelines.TraceBackAsync("nothing")).Uses, Is.Empty);
    }

    [Test]
    public async Task Of_a_source_come_the_data_and_models_of_all_runs_after_it()
    {
        (Pipelines pipelines, PipelineRun prepared, string digest) = await PrepareAsync();
        Pipelines training = Know(p => Train(p, digest), name: "training");
        StartWorker(training);
        PipelineRun run = (await RunAsync(training, 5)).EnsureSucceeded();

        LineageTrace trace = await pipelines.TraceForwardAsync("etag-1");

        Assert.That(
            trace.Uses.Select(static use => (use.RunId, use.Step, use.Data.IsOutput, use.Data.Name)),
            Is.EqualTo(((long, string, bool, string)[])
            [
                (prepared.Id, "load", false, "s3://lake/rides"), (prepared.Id, "clean", true, ""), (run.Id, "train", false, ""),
                (run.Id, "promote", true, "models:/m/1"), (run.Id, "report", true, "report"),
            ]));
        Assert.That((await pipelines.TraceForwardAsync("report-5")).Uses.Select(static use => use.Step), Is.EqualTo((string[])["report"]), "a report leads nowhere");
        Assert.That((await pipelines.TraceForwardAsync("codes-1")).Uses.Select(static use => use.Step), Is.EqualTo((string[])["fold[2]", "promote", "report"]));
    }

    [Test]
    public async Task Of_groups_each_item_is_followed_by_itself()
    {
        const int items = 40;
        Pipelines parts = Work(static p =>
        {
            Step<int> all = p.Step("all", static ctx =>
            {
                ctx.RecordInput("source", "source-1");
                return Task.FromResult(items);
            });
            p.ForEach("part", all, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, ctx) =>
            {
                ctx.RecordOutput("part", $"part-{i}");
                return Task.FromResult(i);
            });
        });
        (await RunAsync(parts)).EnsureSucceeded();
        Pipelines uses = Know(static p =>
        {
            Step<int> all = p.Step("all", static _ => Task.FromResult(items));
            Steps<int> used = p.ForEach("use", all, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, ctx) =>
            {
                ctx.RecordInput("part", $"part-{i}");
                ctx.RecordOutput("used", $"used-{i}");
                return Task.FromResult(i);
            });
            p.Step("sum", used, static (_, ctx) =>
            {
                ctx.RecordOutput("total", "total-1");
                return Task.FromResult(1);
            });
        }, name: "uses");
        StartWorker(uses);
        (await RunAsync(uses)).EnsureSucceeded();

        LineageTrace back = await uses.TraceBackAsync("total-1");
        LineageTrace item = await uses.TraceBackAsync("used-3");
        LineageTrace forward = await uses.TraceForwardAsync("part-3");

        Assert.That(back.Uses, Is.Unique.And.Count.EqualTo(1 + (3 * items) + 1), "total, what was used and made of it, the parts, and their source");
        Assert.That(
            item.Uses.Select(static use => (use.Step, use.Data.Digest)),
            Is.EquivalentTo(((string, string?)[])[("use[3]", "part-3"), ("use[3]", "used-3"), ("part[3]", "part-3"), ("all", "source-1")]));
        Assert.That(
            forward.Uses.Select(static use => (use.Step, use.Data.Digest)),
            Is.EquivalentTo(((string, string?)[])[("part[3]", "part-3"), ("use[3]", "part-3"), ("use[3]", "used-3"), ("sum", "total-1")]));
    }

    [Test]
    public async Task A_run_lists_what_its_steps_have_read_and_made_page_by_page()
    {
        (_, PipelineRun prepared, string digest) = await PrepareAsync();

        IReadOnlyList<DataUse> all = await prepared.ListDataAsync();
        Assert.That(all.Select(static use => (use.Step, use.Data.Digest)), Is.EqualTo(((string, string?)[])[("clean", digest), ("load", "etag-1")]));
        IReadOnlyList<DataUse> rest = await prepared.ListDataAsync(1, (await prepared.ListDataAsync(1))[0]);
        Assert.That(rest, Is.EqualTo(all.Skip(1)));
        Assert.That(await prepared.ListDataAsync(1, rest[0]), Is.Empty);
    }

    [Test]
    public async Task A_step_from_the_cache_or_of_a_rerun_has_read_and_made_the_same_and_says_from_which_run()
    {
        int fails = 1;
        Pipelines pipelines = Work(p =>
        {
            Step<int> cached = p.Step("cached", static ctx =>
            {
                ctx.RecordInput("in", "in-1");
                ctx.RecordOutput("out", "out-1");
                return Task.FromResult(1);
            }).WithCache(new CachePolicy { Version = "1" });
            p.Step("fails", cached, (x, _) => fails-- > 0 ? throw new PermanentStepException("once") : Task.FromResult(x));
        });
        PipelineRun first = await RunAsync(pipelines);
        PipelineRun rerun = await pipelines.RerunAsync(first.Id);
        await FinishAsync(pipelines, rerun.Id);
        PipelineRun second = await RunAsync(pipelines);

        IReadOnlyList<DataUse> makers = await pipelines.FindProducersAsync("out-1");
        Assert.That(makers.Select(static use => (use.RunId, use.FromRun)), Is.EqualTo(((long, long?)[])[(second.Id, first.Id), (rerun.Id, first.Id), (first.Id, null)]));
        Assert.That((await pipelines.FindConsumersAsync("in-1")).Select(static use => use.RunId), Is.EqualTo((long[])[second.Id, rerun.Id, first.Id]));
        Assert.That((await pipelines.FindMakerAsync("out-1"))!.RunId, Is.EqualTo(first.Id));
    }

    [Test]
    public async Task What_a_checkpoint_has_read_is_kept_for_attempts_that_do_not_do_the_work_again()
    {
        Pipelines pipelines = Work(static p => p.Step("long", static async ctx =>
        {
            int read = await ctx.MemoAsync("read", _ =>
            {
                ctx.RecordInput("in", "in-1");
                return Task.FromResult(1);
            });
            return ctx.Attempt == 1 ? throw new TimeoutException() : read;
        }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));
        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That((await pipelines.FindConsumersAsync("in-1")).Select(static use => (use.RunId, use.Step, use.State)), Is.EqualTo(((long, string, StepState)[])[(run.Id, "long", StepState.Succeeded)]));
    }

    [Test]
    public async Task What_a_failed_attempt_recorded_is_not_kept()
    {
        Pipelines pipelines = Work(static p => p.Step("fickle", static ctx =>
        {
            ctx.RecordInput("in", $"in-{ctx.Attempt}");
            return ctx.Attempt == 1 ? throw new TimeoutException() : Task.FromResult(1);
        }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero)));
        await RunAsync(pipelines);

        Assert.That(await pipelines.FindConsumersAsync("in-1"), Is.Empty);
        Assert.That(await pipelines.FindConsumersAsync("in-2"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Bad_arguments_are_refused()
    {
        Pipelines pipelines = Work(static p => p.Step("bad", static ctx =>
        {
            Assert.That(() => ctx.RecordInput("", "1"), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
            Assert.That(() => ctx.RecordOutput("a", new string('1', 201)), Throws.ArgumentException.With.Property("ParamName").EqualTo("digest"));
            Assert.That(() => ctx.RecordOutput("a\0", "1"), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
            return Task.FromResult(1);
        }));
        (await RunAsync(pipelines)).EnsureSucceeded();

        Assert.That(() => pipelines.FindProducersAsync(""), Throws.ArgumentException);
        Assert.That(() => pipelines.FindProducersAsync("1", take: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => pipelines.TraceForwardAsync("1", take: 10_001), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => pipelines.TraceBackAsync(new DataUse(1, "p", "s", StepState.Succeeded, new StepData(StepDataKind.Artifact, "", "1", false))),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("made"));
    }

    /// <summary>A run that loads rides and stores them cleaned.</summary>
    private async Task<(Pipelines Pipelines, PipelineRun Run, string Digest)> PrepareAsync()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> load = p.Step("load", static ctx =>
            {
                ctx.RecordInput("s3://lake/rides", "etag-1");
                return Task.FromResult(1);
            });
            p.Step("clean", load, static (_, ctx) => ctx.StoreArtifactAsync(new MemoryStream([4, 5, 6])));
        });
        PipelineRun run = (await RunAsync(pipelines)).EnsureSucceeded();
        return (pipelines, run, (await run.GetResultAsync<ArtifactRef>("clean")).Sha256);
    }

    /// <summary>Trains on the artifact; the report beside the model reads and makes what has nothing to do with the model.</summary>
    private static void Train(PipelineBuilder<int> p, string digest)
    {
        Step<int> train = p.Step("train", async ctx =>
        {
            await using Stream content = await ctx.OpenArtifactAsync(new ArtifactRef(digest, 3));
            return ctx.Parameters;
        });
        Steps<int> folds = p.ForEach("fold", train, static _ => (int[])[2], static i => i.ToString(CultureInfo.InvariantCulture), static (i, ctx) =>
        {
            ctx.RecordInput("codes", "codes-1");
            return Task.FromResult(i);
        });
        p.When(train, static x => x > 0).Then(b => b.Step("promote", folds, static (_, ctx) =>
        {
            ctx.RecordOutput("models:/m/1", $"model-{ctx.Parameters}");
            return Task.FromResult(1);
        }));
        p.Step("report", folds, static (_, ctx) =>
        {
            ctx.RecordInput("template", "template-1");
            ctx.RecordOutput("report", $"report-{ctx.Parameters}");
            return Task.FromResult(1);
        });
    }
}
