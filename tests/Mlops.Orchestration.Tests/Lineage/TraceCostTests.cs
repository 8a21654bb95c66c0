using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>What a trace costs, counted in statements.</summary>
[TestFixture]
internal sealed class TraceCostTests
{
    private const int Nodes = 40;

    [Test]
    public async Task A_run_is_read_once_however_many_of_its_steps_the_trace_passes()
    {
        using var file = new SqliteFile();
        await RunAsync(file, new TestPipeline(Sources, "sources"));
        await RunAsync(file, new TestPipeline(Chain, "chain"));

        // Opened anew it has one reader, which all queries take.
        await using Database database = file.Open();
        var pipelines = new Pipelines(database, []);
        StatementCounter counter = await StatementCounter.AttachReaderAsync(database);

        LineageTrace back = await pipelines.TraceBackAsync($"out-{Nodes - 1}");
        Assert.That(back.Uses, Has.Count.EqualTo((4 * Nodes) - 1), "what each made, took from the one before and from its source, and the sources");
        Assert.That(counter.Total, Is.InRange(8, 10), "the step, its node, and of two runs the edges and the rows; the sources 32 at a time");
        counter.Reset();

        LineageTrace forward = await pipelines.TraceForwardAsync("source-0");
        Assert.That(forward.Uses, Has.Count.EqualTo(2 + Nodes + (Nodes - 1)), "made, read, what came of it, and who read that");
        Assert.That(counter.Total, Is.InRange(6, 10), "who uses the source, the edges of both runs and the rows of one; who uses what came of it");
    }

    private static async Task RunAsync(SqliteFile file, TestPipeline definition)
    {
        await using Database database = file.Open();
        var pipelines = new Pipelines(database, [definition]);
        await using var worker = new PipelineWorker(pipelines, StoreTests.Quick());
        worker.Start();
        PipelineRun run = await StoreTests.StartAsync(pipelines);
        (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();
    }

    private static void Sources(PipelineBuilder<int> p)
    {
        for (int i = 0; i < Nodes; i++)
        {
            int at = i;
            p.Step($"s{i}", ctx =>
            {
                ctx.RecordOutput("source", $"source-{at}");
                return Task.FromResult(1);
            });
        }
    }

    private static void Chain(PipelineBuilder<int> p)
    {
        Step<int> last = p.Step("n0", static ctx => Task.FromResult(Record(ctx, 0)));
        for (int i = 1; i < Nodes; i++)
        {
            int at = i;
            last = p.Step($"n{i}", last, (_, ctx) => Task.FromResult(Record(ctx, at)));
        }
    }

    private static int Record(StepContext ctx, int at)
    {
        if (at > 0)
        {
            ctx.RecordInput("before", $"out-{at - 1}");
        }

        ctx.RecordInput("source", $"source-{at}");
        ctx.RecordOutput("out", $"out-{at}");
        return at;
    }
}
