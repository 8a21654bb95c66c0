using Mlops.Storage.Sqlite;

namespace Mlops.Orchestration.Tests;

[TestFixture]
public sealed class ChainTests
{
    private sealed class Three : IPipelineDefinition<int>
    {
        public void Define(PipelineBuilder<int> p)
        {
            Step<int> a = p.Step("a", static ctx => Task.FromResult(ctx.Parameters + 1));
            Step<string> b = p.Step("b", a, static (x, ctx) => Task.FromResult($"<{x}>"));
            p.Step("c", a, b, static (x, y, ctx) => Task.FromResult($"{x}{y}"));
        }
    }

    [Test]
    public async Task A_chain_runs()
    {
        string folder = Directory.CreateTempSubdirectory("mlops").FullName;
        await using var database = new SqliteDatabase($"Data Source={folder}/t.db");
        var pipelines = new Pipelines(database, [new Three()]);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();

        PipelineRun run = await pipelines.StartAsync<Three, int>(41);
        await foreach (RunEvent e in pipelines.WatchAsync(run.Id))
        {
            TestContext.Out.WriteLine(e);
        }

        run = await pipelines.WaitAsync(run.Id);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("c"), Is.EqualTo("42<42>"));
    }
}
