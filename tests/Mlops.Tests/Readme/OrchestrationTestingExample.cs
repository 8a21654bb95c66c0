// readme: begin
using Mlops.Orchestration;
using Mlops.Orchestration.Testing;
using Mlops.Storage.Sqlite;
// readme: end

namespace Mlops.Tests.Readme.OrchestrationTesting;

/// <summary>The first example of Mlops.Orchestration.Testing.</summary>
[TestFixture]
public sealed class OrchestrationTestingExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        InMemoryRun run = await InMemoryPipeline.RunAsync(new Retrain(), 2016, new InMemoryOptions().Replace("load", new[] { 3.0, 1.0, 2.0 }));
        Console.WriteLine($"in memory: {run.EnsureSucceeded().GetResult<double>("best")}");

        string folder = Directory.CreateTempSubdirectory().FullName;
        CrashReport report = await PipelineCrashTest.RunAsync(new Retrain(), 2016, n => new SqliteDatabase($"Data Source={folder}/{n}.db"));
        Console.WriteLine($"killed before and after a commit: {report.KillsByPoint["BeforeCommit"]} and {report.KillsByPoint["AfterCommit"]} times");
        Directory.Delete(folder, recursive: true);
        // readme: end

        AssertShownIn("src/Mlops.Orchestration.Testing/README.md");
    }
}

// readme: begin
public sealed class Retrain : IPipelineDefinition<int>
{
    public void Define(PipelineBuilder<int> p)
    {
        Step<double[]> data = p.Step("load", static ctx => Task.FromResult<double[]>([ctx.Parameters, 1]));
        p.Step("best", data, static (d, ctx) => Task.FromResult(d.Min()));
    }
}
// readme: end
