using System.Text.Json.Serialization;

namespace Mlops.Orchestration.Tests;

public abstract partial class CacheTests
{
    private static readonly CachePolicy One = new() { Version = "1" };

    [Test]
    public async Task A_mapping_that_makes_other_parameters_finds_no_result_of_the_former_ones()
    {
        await RunMappedAsync(static _ => new Fold("rows", 1_000), 1);
        PipelineRun changed = await RunMappedAsync(static _ => new Fold("rows", 5_000), 1);
        PipelineRun same = await RunMappedAsync(static _ => new Fold("rows", 5_000), 2);

        Assert.That(await changed.GetResultAsync<int>("inner/a"), Is.EqualTo(5_000));
        Assert.That((await changed.ExplainCacheAsync("inner/a"))!.Changes, Is.EqualTo((string[])["parameters"]));
        Assert.That((await same.ExplainCacheAsync("inner/a"))!.FromRun, Is.EqualTo(changed.Id), "the step reads the mapping's parameters, not the run's");

        Task<PipelineRun> RunMappedAsync(Func<int, Fold> map, int parameters) => RunOnceAsync(
            p => p.SubPipeline("inner", new Inner<Fold>(p => p.Step("a", ctx => Ran(ctx, ctx.Parameters.Value)).WithCache(One)), map), parameters);
    }

    [TestCase("Mapping", "Mapping")]
    [TestCase("Mapping", "Result")]
    [TestCase("Result", "Mapping")]
    public async Task Parameters_of_pipelines_within_pipelines_count_as_the_innermost_step_reads_them(string outer, string inner)
    {
        await RunNestedAsync(1, 1);
        PipelineRun changedOutside = await RunNestedAsync(2, 1);
        PipelineRun changedInside = await RunNestedAsync(2, 4);
        PipelineRun same = await RunNestedAsync(8, 1);

        Assert.That(await changedOutside.GetResultAsync<int>("x/y/a"), Is.EqualTo(2));
        Assert.That((await changedOutside.ExplainCacheAsync("x/y/a"))!.Changes, Is.EqualTo((string[])["parameters"]));
        Assert.That(await changedInside.GetResultAsync<int>("x/y/a"), Is.EqualTo(8));
        Assert.That((await same.ExplainCacheAsync("x/y/a"))!.FromRun, Is.EqualTo(changedInside.Id));

        Task<PipelineRun> RunNestedAsync(int x, int y)
        {
            var deep = new Inner<int>(p => p.Step("a", ctx => Ran(ctx, ctx.Parameters)).WithCache(One));
            var middle = new Inner<int>(p => Take(p, inner, "y", deep, y));
            return RunOnceAsync(p => Take(p, outer, "x", middle, x), 1);
        }

        static StepInput<int> Take(PipelineBuilder<int> p, string way, string name, Inner<int> pipeline, int factor) => way == "Mapping"
            ? p.SubPipeline(name, pipeline, n => n * factor)
            : p.SubPipeline(name, pipeline, p.Step("of-" + name, ctx => Task.FromResult(ctx.Parameters * factor)));
    }

    [Test]
    public async Task Items_and_rounds_of_a_mapped_pipeline_depend_on_its_parameters()
    {
        await RunMappedAsync(10);
        PipelineRun changed = await RunMappedAsync(20);
        Assert.That(_ran, Is.EqualTo((string[])["inner/item[k]", "inner/round[1]", "inner/item[k]", "inner/round[1]"]));
        PipelineRun same = await RunMappedAsync(20);

        Assert.That(await changed.GetResultAsync<int>("inner/round"), Is.EqualTo(41));
        Assert.That((await same.ExplainCacheAsync("inner/item[k]"))!.FromRun, Is.EqualTo(changed.Id));
        Assert.That((await same.ExplainCacheAsync("inner/round[1]"))!.FromRun, Is.EqualTo(changed.Id));

        Task<PipelineRun> RunMappedAsync(int made) => RunOnceAsync(
            p => p.SubPipeline(
                "inner",
                new Inner<int>(p =>
                {
                    Step<int> one = p.Step("one", static _ => Task.FromResult(1));
                    Steps<int> items = p.ForEach("item", one, static one => (int[])[one], static _ => "k", (x, ctx) => Ran(ctx, x + ctx.Parameters)).WithCache(One);
                    Step<int> sum = p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
                    return p.Repeat("round", sum, 1, (x, _, ctx) => Ran(ctx, x + ctx.Parameters), static _ => true).WithCache(One);
                }),
                _ => made),
            1);
    }

    [Test]
    public async Task A_step_reads_the_parameters_that_its_key_holds()
    {
        int made = 0;
        PipelineRun run = await RunOnceAsync(
            p => p.SubPipeline(
                "inner",
                new Inner<Partly>(p =>
                {
                    p.Step("hidden", static ctx => Task.FromResult(ctx.Parameters.Hidden));
                    return p.Step("a", ctx => Ran(ctx, ctx.Parameters.Value + ctx.Parameters.Hidden)).WithCache(One);
                }),
                n => new Partly { Value = n, Hidden = 100 * ++made }),
            7);

        Assert.That(await run.GetResultAsync<int>("inner/a"), Is.EqualTo(7), "what is not serialised is in no key");
        Assert.That(await run.GetResultAsync<int>("inner/hidden"), Is.GreaterThan(0), "without a cache nothing has to be serialised");
    }

    [Test]
    public async Task Parameters_that_do_not_read_what_they_write_fail_a_step_with_a_cache()
    {
        Pipelines pipelines = Work(static p => p.SubPipeline(
            "inner", new Inner<IValued>(static p => p.Step("a", static ctx => Task.FromResult(ctx.Parameters.Value)).WithCache()), static n => new Partly { Value = n }));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Failed));
        StepFailed failure = (await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepFailed>().Single();
        Assert.That(failure.Kind, Is.EqualTo(StepFailureKind.Permanent));
        Assert.That(failure.Error, Does.Contain("'inner/a'").And.Contain(nameof(IValued)).And.Contain("UsesParameters = false"));
    }

    [Test]
    public async Task Parameters_that_no_context_serialises_are_refused_where_a_key_needs_them()
    {
        Assert.That(
            () => Know(static p => p.SubPipeline("inner", Reading(new CachePolicy()), static n => new Unknown(n))),
            Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains("'inner/a'").And.Message.Contains(typeof(Unknown).ToString())
                .And.Message.Contains("JsonSerializable").And.Message.Contains("UsesParameters"));

        PipelineRun plain = await RunOnceAsync(static p => p.SubPipeline("inner", Reading(null), static n => new Unknown(n)), 3);
        PipelineRun unread = await RunOnceAsync(static p => p.SubPipeline("inner", Reading(new CachePolicy { UsesParameters = false }), static n => new Unknown(n)), 4);

        Assert.That((await plain.GetResultAsync<int>("inner/a"), await unread.GetResultAsync<int>("inner/a")), Is.EqualTo((3, 4)));

        static Inner<Unknown> Reading(CachePolicy? policy) => new(p =>
        {
            Step<int> step = p.Step("a", static ctx => Task.FromResult(ctx.Parameters.Value));
            return policy is null ? step : step.WithCache(policy);
        });
    }

    [Test]
    public async Task Keys_stay_what_they_were_except_where_a_mapping_makes_the_parameters()
    {
        PipelineRun run = await RunOnceAsync(
            p =>
            {
                Inner<int> inner = new(p => p.Step("a", ctx => Ran(ctx, ctx.Parameters)).WithCache(One));
                p.Step("a", ctx => Ran(ctx, ctx.Parameters)).WithCache(One);
                p.SubPipeline("inner", inner, p.Step("start", static ctx => Task.FromResult(ctx.Parameters + 1)));
                p.SubPipeline("mapped", inner, static n => n);
            },
            3);

        // SHA-256 of what docs/orchestration.md lists, worked out elsewhere.
        Assert.That((await run.ExplainCacheAsync("a"))!.Key, Is.EqualTo("7c08e1b9010c3aa066ae38c8feeaca539151de2d0f9cc5c75db5c3ad4151f3eb"));
        Assert.That((await run.ExplainCacheAsync("inner/a"))!.Key, Is.EqualTo("e3a2b6a44ffbb7d6e1017ecafb835a200a30af4c604900b5c6be586e0800aa73"));
        List<string> parts = await Database.QueryAsync(
            "SELECT parts FROM orchestration_cache_use WHERE step_key IN ('a', 'mapped/a')", static row => row.GetString(0).Split('\n')[3], CancellationToken.None);
        Assert.That(parts, Has.Count.EqualTo(2).And.Unique.And.All.StartsWith("parameters "), "results that were kept under the run's parameters are not found");
    }

    /// <summary>One worker at a time: a mapping is code, and the graph is the same for all of them.</summary>
    private async Task<PipelineRun> RunOnceAsync(Action<PipelineBuilder<int>> define, int parameters)
    {
        Pipelines pipelines = Know(p => define(p.Serialize(MadeContext.Default)));
        await using PipelineWorker worker = StartWorker(pipelines);
        return (await RunAsync(pipelines, parameters)).EnsureSucceeded();
    }

    private sealed class Inner<T>(Func<PipelineBuilder<T>, StepInput<int>> define) : IPipelineDefinition<T, int>
    {
        public StepInput<int> Define(PipelineBuilder<T> p) => define(p.Serialize(MadeContext.Default));
    }
}

internal interface IValued
{
    int Value { get; }
}

internal sealed class Partly : IValued
{
    public int Value { get; init; }

    [JsonIgnore]
    public int Hidden { get; init; }
}

[JsonSerializable(typeof(Partly))]
[JsonSerializable(typeof(IValued))]
internal sealed partial class MadeContext : JsonSerializerContext;
