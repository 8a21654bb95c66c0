// readme: begin
using Mlops.Orchestration;
using Mlops.Storage.Sqlite;
// readme: end

namespace Mlops.Tests.Readme.Orchestration;

/// <summary>The first example of Mlops.Orchestration.</summary>
[TestFixture]
public sealed class OrchestrationExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var pipelines = new Pipelines(database, [new Retrain()]);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();

        PipelineRun run = await pipelines.StartAsync<Retrain, DateOnly>(new DateOnly(2016, 7, 4));
        run = (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();
        Console.WriteLine($"best is {await run.GetResultAsync<string>("best")}");
        foreach (StepStatus step in await run.GetStepsAsync())
            Console.WriteLine($"{step.Key,-14} {step.State}");
        // readme: end

        AssertShownIn("src/Mlops.Orchestration/README.md");
    }
}

// readme: begin
public sealed class Retrain : IPipelineDefinition<DateOnly>
{
    public void Define(PipelineBuilder<DateOnly> p)
    {
        Step<int[]> years = p.Step("years", static ctx => Task.FromResult(Enumerable.Range(ctx.Parameters.Year - 3, 3).ToArray()));
        Steps<double> scores = p.ForEach("score", years, static y => y, static y => $"{y}", static (year, ctx) => Task.FromResult(1.0 / (year % 10)));
        Step<string> best = p.Step("best", scores, years, static (s, y, ctx) => Task.FromResult($"{y[s.ToList().IndexOf(s.Min())]}"));
        p.When(best, static b => b == "2015").Then(b => b.Step("promote", best, static (x, ctx) => Task.FromResult(true)));
    }
}
// readme: end
