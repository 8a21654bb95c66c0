using Mlops.Orchestration.Testing;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Orchestration.Tests;

[TestFixture]
internal sealed class PipelineCrashTestTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-crash").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_pipeline_that_bears_repetition_survives_a_kill_at_every_point()
    {
        CrashReport report = await PipelineCrashTest.RunAsync(new TestPipeline(Define), 3, Open);

        TestContext.Out.WriteLine(report);
        string[] points = [.. Enum.GetNames<ExecutionPoint>().Where(static name => !name.EndsWith("Tick", StringComparison.Ordinal))];
        Assert.That(report.KillsByPoint.Keys, Is.EquivalentTo(points), "every point was killed at");
        Assert.That(report.Kills, Is.InRange(report.Runs - 3, report.Runs - 1), "a busy worker looks for work less often, and so may not reach the last look that was to be killed");
        Assert.That(report.LostAttempts, Is.GreaterThan(0));

        static void Define(PipelineBuilder<int> p)
        {
            Step<int> n = p.Step("n", static ctx => Task.FromResult(ctx.Parameters));
            Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, ctx) => ctx.MemoAsync("m", _ => Task.FromResult(i * i)));
            Step<ArtifactRef> sum = p.Step("sum", items, static (all, ctx) => ctx.StoreArtifactAsync(new MemoryStream([(byte)all.Sum()])));
            ApprovalStep word = p.Approval("word", sum, static s => s.Sha256);
            p.When(sum, static s => s.Length > 0).Then(b => b.Step("end", sum, word, static (s, _, _) => Task.FromResult(s.Length)));
        }
    }

    [Test]
    public async Task Workers_that_are_killed_again_and_again_come_to_the_same_end()
    {
        CrashReport report = await PipelineCrashTest.RunAsync(
            new TestPipeline(static p =>
            {
                Step<int> step = p.Step("0", static ctx => Task.FromResult(ctx.Parameters));
                for (int i = 1; i < 6; i++)
                {
                    step = p.Step($"{i}", step, static (x, _) => Task.FromResult((x * 31) + 7));
                }
            }),
            5,
            Open,
            new CrashTestOptions { MaximumKills = 5, KillsPerRun = 4, Seed = 3, MaximumConcurrentSteps = 2 });

        Assert.That(report.Runs, Is.EqualTo(6));
        Assert.That(report.Kills, Is.InRange(10, 20), "a point that was drawn may lie beyond the end");
    }

    [Test]
    public async Task A_step_whose_result_depends_on_being_repeated_is_found()
    {
        var pipeline = new TestPipeline(static p => p.Step("a", static ctx => Task.FromResult(ctx.Attempt)));

        await Assert.ThatAsync(
            () => PipelineCrashTest.RunAsync(pipeline, 0, Open),
            Throws.TypeOf<PipelineCrashException>().With.Message.Match("AfterClaim number 1.*'a' has another result"));
        CrashReport report = await PipelineCrashTest.RunAsync(pipeline, 0, n => Open(n + 1_000), new CrashTestOptions { VaryingSteps = ["a"] });
        Assert.That(report.Kills, Is.GreaterThan(0));
    }

    [Test]
    public async Task A_step_that_cannot_be_repeated_is_found()
    {
        string marker = Path.Combine(_folder, "marker");
        var pipeline = new TestPipeline(p => p.Step("a", ctx =>
        {
            // Like a table that is created without looking.
            string path = $"{marker}-{ctx.IdempotencyKey}";
            if (File.Exists(path))
            {
                throw new PermanentStepException("exists");
            }

            File.WriteAllText(path, "");
            return Task.FromResult(true);
        }));

        await Assert.ThatAsync(() => PipelineCrashTest.RunAsync(pipeline, 0, Open), Throws.TypeOf<PipelineCrashException>().With.Message.Contains("'a' is Failed instead of Succeeded"));
    }

    [Test]
    public async Task Large_results_are_kept_where_the_options_say()
    {
        string shared = Path.Combine(_folder, "shared");
        var pipeline = new TestPipeline(static p =>
        {
            Step<string> large = p.Step("large", static _ => Task.FromResult(new string('x', 100_000)));
            p.Step("length", large, static (text, _) => Task.FromResult(text.Length));
        });

        await PipelineCrashTest.RunAsync(
            pipeline, 0, Open, new CrashTestOptions { MaximumKills = 8, Artifacts = database => new ArtifactCatalog(database, new FileArtifactStore(shared)) });

        Assert.That(Directory.EnumerateFiles(shared, "*", SearchOption.AllDirectories), Is.Not.Empty);
    }

    [Test]
    public async Task Unusable_options_are_refused()
    {
        var pipeline = new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)));
        foreach (CrashTestOptions options in (CrashTestOptions[])[new() { MaximumKills = 0 }, new() { KillsPerRun = 0 }, new() { MaximumConcurrentSteps = 65 }, new() { RunTimeout = TimeSpan.Zero }])
        {
            await Assert.ThatAsync(() => PipelineCrashTest.RunAsync(pipeline, 0, Open, options), Throws.ArgumentException.With.Property("ParamName").EqualTo("options"));
        }
    }

    private Database Open(int number) => new SqliteDatabase($"Data Source={Path.Combine(_folder, $"{number}.db")}");
}
