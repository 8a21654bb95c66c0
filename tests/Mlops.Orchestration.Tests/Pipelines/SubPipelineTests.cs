namespace Mlops.Orchestration.Tests;

public abstract class SubPipelineTests : StoreTests
{
    [Test]
    public async Task A_pipeline_in_another_runs_as_its_steps_and_returns_its_result()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> start = p.Step("start", static ctx => Task.FromResult(ctx.Parameters));
            StepInput<int> doubled = p.SubPipeline("once", new Doubling(), start);
            StepInput<int> again = p.SubPipeline("twice", new Doubling(), doubled);
            p.Step("end", again, start, static (x, s, _) => Task.FromResult(x + s));
        });

        PipelineRun run = await RunAsync(pipelines, 5);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("end"), Is.EqualTo((((5 * 2) + 1) * 2) + 1 + 5));
        Assert.That(await run.GetResultAsync<int>("once/sum"), Is.EqualTo(11));
        Assert.That(
            (await run.GetStepsAsync()).Select(static step => step.Key),
            Is.EqualTo((string[])["start", "once/sides", "once/parts", "once/parts[left]", "once/parts[right]", "once/sum", "once/sum?", "once/large", "twice/sides", "twice/parts", "twice/parts[left]", "twice/parts[right]", "twice/sum", "twice/sum?", "twice/large", "end"]));
        Assert.That((await StatesAsync(run))["twice/large"], Is.EqualTo(StepState.Succeeded));
        Assert.That((await StatesAsync(run))["once/large"], Is.EqualTo(StepState.Skipped));
    }

    [Test]
    public async Task Parameters_of_a_pipeline_in_another_may_be_made_from_its_own()
    {
        Pipelines pipelines = Work(static p => p.Step(
            "end", p.SubPipeline("inner", new Nesting(), static parameters => parameters + 1), static (x, ctx) => Task.FromResult($"{x} of {ctx.Parameters}")));

        PipelineRun run = await RunAsync(pipelines, 3);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("end"), Is.EqualTo("81 of 3"), "((3 + 1) * 10) doubled and one");
        Assert.That(await run.GetResultAsync<int>("inner/deep/sum"), Is.EqualTo(81));
    }

    [Test]
    public async Task A_definition_with_a_result_runs_on_its_own_too()
    {
        var pipelines = new Pipelines(Database, [new Doubling()]);
        StartWorker(pipelines);

        PipelineRun run = await FinishAsync(pipelines, (await pipelines.StartAsync<Doubling, int>(4)).Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("sum"), Is.EqualTo(9));
    }

    [Test]
    public async Task A_failure_inside_blocks_what_needs_the_result_and_a_rerun_begins_there()
    {
        bool broken = true;
        Pipelines pipelines = Work(p =>
        {
            Step<int> start = p.Step("start", static ctx => Task.FromResult(ctx.Parameters));
            StepInput<int> result = p.SubPipeline("inner", new Failing(() => broken), start);
            p.Step("end", result, static (x, _) => Task.FromResult(x));
        });

        PipelineRun failed = await RunAsync(pipelines, 1);
        Dictionary<string, StepState> states = await StatesAsync(failed);
        Assert.That((failed.State, failed.FailedStep, states["end"]), Is.EqualTo((PipelineRunState.Failed, "inner/second", StepState.Blocked)));

        broken = false;
        PipelineRun again = await FinishAsync(pipelines, (await pipelines.RerunAsync(failed.Id)).Id);
        Assert.That(await again.EnsureSucceeded().GetResultAsync<int>("end"), Is.EqualTo(3));
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, again.Id);
        Assert.That(log.OfType<StepReused>().Select(static e => e.Step), Is.EqualTo((string[])["start", "inner/first"]));
    }

    [Test]
    public async Task The_retry_policy_of_a_pipeline_in_another_is_its_own()
    {
        int outer = 0;
        Pipelines pipelines = Work(p =>
        {
            Step<int> start = p.Step("start", static ctx => Task.FromResult(ctx.Parameters));
            p.SubPipeline("inner", new Stubborn(), start);
            p.Step("outer", start, (x, ctx) => Interlocked.Increment(ref outer) < 3 ? throw new TimeoutException() : Task.FromResult(x));
        });

        PipelineRun run = await RunAsync(pipelines);

        Dictionary<string, StepState> states = await StatesAsync(run);
        Assert.That((states["inner/third"], states["outer"], outer), Is.EqualTo((StepState.Succeeded, StepState.Failed, 1)), "the pipeline itself never retries");
    }

    [Test]
    public async Task The_cache_of_a_step_inside_depends_on_the_parameters_that_it_was_given()
    {
        int executed = 0;
        Pipelines pipelines = Work(p =>
        {
            Step<int> start = p.Step("start", static ctx => Task.FromResult(ctx.Parameters / 10));
            p.SubPipeline("inner", new Counting(() => Interlocked.Increment(ref executed)), start);
        });

        await RunAsync(pipelines, 10);
        await RunAsync(pipelines, 11);
        Assert.That(executed, Is.EqualTo(1), "the run's parameters differ, those of the step do not");
        PipelineRun third = await RunAsync(pipelines, 20);
        Assert.That(executed, Is.EqualTo(2));
        Assert.That((await third.ExplainCacheAsync("inner/count"))!.Changes, Is.EqualTo((string[])["parameters"]));
    }

    [Test]
    public void Unusable_sub_pipelines_are_refused()
    {
        Refuses(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.SubPipeline("a", new Doubling(), a);
        }, "two steps are named 'a'");
        Refuses(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.SubPipeline("b", new Doubling(), a);
            p.SubPipeline("b", new Doubling(), a);
        }, "two steps are named 'b'");
        Refuses(static p => p.SubPipeline("a/b", new Doubling(), static x => x), "is no step name");
        Refuses(static p => p.SubPipeline("a", new Endless(), static x => x), "Does a definition take in itself?");
        Refuses(static p => p.SubPipeline("a", new Nothing(), static x => x), "input that is null");
        Refuses(static p => p.SubPipeline("a", new Hidden(), static x => x), "inside a branch that may be skipped");

        static void Refuses(Action<PipelineBuilder<int>> define, string why) =>
            Assert.That(() => PipelineGraph.Of(new TestPipeline(define)), Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains(why));
    }

    private sealed class Doubling : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p)
        {
            Step<string[]> sides = p.Step("sides", static _ => Task.FromResult<string[]>(["left", "right"]));
            Steps<int> parts = p.ForEach(
                "parts", sides, static names => names, static name => name, static (name, ctx) => Task.FromResult(name == "left" ? ctx.Parameters : ctx.Parameters + 1));
            Step<int> sum = p.Step("sum", parts, static (all, _) => Task.FromResult(all.Sum()));
            p.When(sum, static x => x > 20).Then(b => b.Step("large", sum, static (x, _) => Task.FromResult(x)));
            return sum;
        }
    }

    private sealed class Nesting : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p) => p.SubPipeline("deep", new Doubling(), static x => x * 10);
    }

    private sealed class Failing(Func<bool> isBroken) : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p)
        {
            Step<int> first = p.Step("first", static ctx => Task.FromResult(ctx.Parameters + 1));
            return p.Step("second", first, (x, _) => isBroken() ? throw new PermanentStepException("not yet") : Task.FromResult(x + 1));
        }
    }

    private sealed class Stubborn : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p) => p.WithRetry(RetryPolicy.Fixed(3, TimeSpan.Zero))
            .Step("third", static ctx => ctx.Attempt < 3 ? throw new TimeoutException() : Task.FromResult(ctx.Attempt));
    }

    private sealed class Counting(Action count) : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p) => p.Step("count", ctx =>
        {
            count();
            return Task.FromResult(ctx.Parameters);
        }).WithCache(new CachePolicy { Version = "1" });
    }

    private sealed class Endless : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p) => p.SubPipeline("a", new Endless(), static x => x);
    }

    private sealed class Nothing : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p) => null!;
    }

    private sealed class Hidden : IPipelineDefinition<int, int>
    {
        public StepInput<int> Define(PipelineBuilder<int> p)
        {
            StepInput<int>? hidden = null;
            p.When(p.Step("a", static _ => Task.FromResult(1)), static _ => true).Then(b => hidden = b.Step("b", static _ => Task.FromResult(1)));
            return hidden!;
        }
    }
}
