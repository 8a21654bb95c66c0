using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

[TestFixture]
public sealed class ReadmeTests
{
    private SqliteFile? _file;

    [SetUp]
    public void CreateFile() => _file = new SqliteFile();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();

    [Test]
    public async Task The_first_example_prints_what_the_README_shows()
    {
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, [new Retrain()]);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();
        var printed = new StringBuilder();

        PipelineRun run = await pipelines.StartAsync<Retrain, DateOnly>(new DateOnly(2016, 7, 4));
        run = (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();
        printed.Append(CultureInfo.InvariantCulture, $"best is {await run.GetResultAsync<string>("best")}\n");
        foreach (StepStatus step in await run.GetStepsAsync())
            printed.Append(CultureInfo.InvariantCulture, $"{step.Key,-14} {step.State}\n");

        string readme = await File.ReadAllTextAsync(Path.Combine(TestContext.CurrentContext.TestDirectory, "README.md"));
        Assert.That(readme, Does.Contain($"```\n{printed}```"));
    }

    private sealed class Retrain : IPipelineDefinition<DateOnly>
    {
        public void Define(PipelineBuilder<DateOnly> p)
        {
            Step<int[]> years = p.Step("years", static ctx => Task.FromResult(Enumerable.Range(ctx.Parameters.Year - 3, 3).ToArray()));
            Steps<double> scores = p.ForEach("score", years, static y => y, static y => $"{y}", static (year, ctx) => Task.FromResult(1.0 / (year % 10)));
            Step<string> best = p.Step("best", scores, years, static (s, y, ctx) => Task.FromResult($"{y[s.ToList().IndexOf(s.Min())]}"));
            p.When(best, static b => b == "2015").Then(b => b.Step("promote", best, static (x, ctx) => Task.FromResult(true)));
        }
    }
}
