using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Orchestration.Testing;

namespace Mlops.Orchestration.Tests;

[TestFixture]
internal sealed class InMemoryPipelineTests
{
    [TestCase(7, "7: 0 1 4 9 16 25 36, 14, large")]
    [TestCase(2, "2: 0 1, 16, small")]
    public async Task A_run_in_memory_comes_to_the_end_of_a_stored_one(int parameter, string expected)
    {
        var pipeline = new TestPipeline(Define);
        InMemoryRun run = await InMemoryPipeline.RunAsync(pipeline, parameter);
        Assert.That(Show(run.EnsureSucceeded().Steps, run.GetResult<int[]>("all"), run.GetResult<int>("double")), Is.EqualTo(expected));

        using var file = new SqliteFile();
        await using Mlops.Storage.Database database = file.Open();
        var pipelines = new Pipelines(database, [pipeline]);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();
        PipelineRun stored = (await pipelines.WaitAsync((await pipelines.StartAsync<TestPipeline, int>(parameter)).Id)).EnsureSucceeded();
        IReadOnlyList<StepStatus> steps = await stored.GetStepsAsync();
        Assert.That(Show(steps, await stored.GetResultAsync<int[]>("all"), await stored.GetResultAsync<int>("double")), Is.EqualTo(expected));
        Assert.That(run.Steps.Select(static s => (s.Key, s.State)), Is.EquivalentTo(steps.Select(static s => (s.Key, s.State))));

        string Show(IReadOnlyList<StepStatus> all, int[] squares, int doubled) =>
            $"{parameter}: {string.Join(' ', squares)}, {doubled}, {all.Single(static s => s.Key is "large" or "small" && s.State == StepState.Succeeded).Key}";

        static void Define(PipelineBuilder<int> p)
        {
            Step<int> n = p.Step("n", static ctx => Task.FromResult(ctx.Parameters));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i * i));
            Step<int[]> all = p.Step("all", items, static (all, _) => Task.FromResult(all.ToArray()));
            RepeatedStep<int> doubled = p.Repeat("double", n, 10, static (x, _, _) => Task.FromResult(x * 2), static x => x > 10);
            p.Step("doubled", doubled, static (x, _) => Task.FromResult(x));
            p.When(all, static all => all.Length > 3)
                .Then(static b => b.Step("large", static _ => Task.FromResult(1)))
                .Else(static b => b.Step("small", static _ => Task.FromResult(2)));
        }
    }

    [Test]
    public async Task Failures_are_retried_without_waiting_and_block_what_needs_them()
    {
        InMemoryRun run = await InMemoryPipeline.RunAsync(
            new TestPipeline(static p =>
            {
                Step<int> third = p.Step("third", static ctx => ctx.Attempt < 3 ? throw new TimeoutException() : Task.FromResult(ctx.Attempt)).WithRetry(RetryPolicy.Fixed(3, TimeSpan.FromDays(1)));
                Step<int> never = p.Step("never", third, static (_, _) => Task.FromException<int>(new TimeoutException("always"))).WithRetry(RetryPolicy.Fixed(2, TimeSpan.FromDays(1)));
                p.Step("after", never, static (x, _) => Task.FromResult(x));
                p.When(never, static _ => true).Then(static b => b.Step("branch", static _ => Task.FromResult(1)));
                p.Step("bad", third, static (x, _) => Task.FromResult(x)).WithCheck("odd", static x => x % 2 == 0);
            }),
            0);

        Assert.That(
            run.Steps.Select(static s => $"{s.Key} {s.State} {s.Attempts}"),
            Is.EqualTo((string[])["third Succeeded 3", "never Failed 2", "after Blocked 0", "never? Blocked 0", "branch Blocked 0", "bad Failed 1"]));
        Assert.That(() => run.EnsureSucceeded(), Throws.TypeOf<PipelineException>().With.Message.Contains("'never': System.TimeoutException: always"));
        Assert.That(() => run.GetResult<int>("never"), Throws.TypeOf<StepResultException>());
        Assert.That(run.Steps[^1].Error, Does.StartWith("Check 'odd'"));
    }

    [Test]
    public async Task Results_can_be_replaced_and_people_and_secrets_stood_for()
    {
        var options = new InMemoryOptions { Decide = static (_, question) => question.Contains("30", StringComparison.Ordinal), Secrets = new OneSecret(), Services = new ServiceCollection().AddScoped<Doubler>().BuildServiceProvider() };
        options.Replace("load", 10).Replace("item[1]", 20);

        InMemoryRun run = await InMemoryPipeline.RunAsync(
            new TestPipeline(static p =>
            {
                Step<int> load = p.Step("load", static _ => Task.FromException<int>(new InvalidOperationException("no network in tests")));
                Steps<int> items = p.ForEach("item", load, static _ => Enumerable.Range(0, 2), static i => $"{i}", load, static (i, x, _) => Task.FromResult(x + i));
                Step<int> sum = p.Step("sum", items, static async (all, ctx) =>
                {
                    ArtifactRef stored = await ctx.StoreArtifactAsync(new MemoryStream(Encoding.UTF8.GetBytes("x")));
                    using var reader = new StreamReader(await ctx.OpenArtifactAsync(stored));
                    string text = await reader.ReadToEndAsync();
                    string secret = await ctx.GetSecretAsync("s");
                    TestLog.Warns(ctx.Logger, null, $"{text} {secret}");
                    return await ctx.MemoAsync("m", _ => Task.FromResult(all.Sum())) + await ctx.MemoAsync("m", _ => Task.FromResult(-1)) - all.Sum();
                });
                ApprovalStep word = p.Approval("word", sum, static s => $"{s}?");
                p.With<Doubler>().Step("end", sum, word, static (doubler, s, a, _) => Task.FromResult($"{doubler.Double(s)} by {a.Actor}"));
            }),
            0,
            options);

        Assert.That(run.EnsureSucceeded().GetResult<string>("end"), Is.EqualTo("60 by test"));
        Assert.That(run.GetResults<int>("item"), Is.EqualTo((int[])[10, 20]));
        Assert.That(run.GetLog("sum").Single().Message, Is.EqualTo("x ***"));
    }

    [Test]
    public async Task Mistakes_of_a_test_are_told()
    {
        var pipeline = new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)));
        await Assert.ThatAsync(() => InMemoryPipeline.RunAsync(pipeline, 0, new InMemoryOptions().Replace("b", 1)), Throws.ArgumentException.With.Property("ParamName").EqualTo("options"));
        await Assert.ThatAsync(() => InMemoryPipeline.RunAsync(pipeline, 0, new InMemoryOptions().Replace("a", "text")), Throws.ArgumentException.With.Property("ParamName").EqualTo("result"));
        InMemoryRun run = await InMemoryPipeline.RunAsync(pipeline, 0);
        Assert.That(() => run.GetResult<string>("a"), Throws.ArgumentException);
        Assert.That(() => run.GetResult<int>("b"), Throws.ArgumentException);

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThatAsync(() => InMemoryPipeline.RunAsync(pipeline, 0, cancellationToken: cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    private sealed class Doubler
    {
        public int Double(int x) => x * 2;
    }

    private sealed class OneSecret : ISecretSource
    {
        public ValueTask<string?> FindAsync(string name, CancellationToken cancellationToken = default) => new("very secret");
    }
}
