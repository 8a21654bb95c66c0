using System.Diagnostics.Metrics;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>At which level steps are committed; alone, because the instrument that is read is the process's.</summary>
[NonParallelizable]
internal sealed class DurabilityTests
{
    [TestCase(Durability.Process, 0)]
    [TestCase(Durability.Power, 4)]
    public async Task Results_failures_and_checkpoints_are_as_durable_as_the_worker_says(Durability level, int durable)
    {
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var pipelines = new Pipelines(database, [new TestPipeline(static p =>
        {
            Step<int> first = p.Step("first", static ctx => ctx.MemoAsync("kept", static _ => Task.FromResult(1)));
            Step<int> second = p.Step("second", first, static (x, _) => Task.FromResult(x + 1));
            p.Step<int, int>("third", second, static (_, _) => throw new PermanentStepException("no"));
        })]);
        PipelineRun run = await StoreTests.StartAsync(pipelines);
        int seen = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "mlops.storage.commit.items")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag is { Key: "mlops.storage.durability", Value: "power" })
                {
                    Interlocked.Increment(ref seen);
                }
            }
        });
        listener.Start();
        PipelineWorkerOptions options = StoreTests.Quick();
        options.StepDurability = level;
        await using (var worker = new PipelineWorker(pipelines, options))
        {
            worker.Start();
            await StoreTests.FinishAsync(pipelines, run.Id);
        }

        Assert.That(seen, Is.EqualTo(durable));
    }

    [Test]
    public async Task A_level_that_does_not_exist_is_refused()
    {
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var pipelines = new Pipelines(database, []);

        Assert.That(
            () => new PipelineWorker(pipelines, new PipelineWorkerOptions { StepDurability = (Durability)7 }),
            Throws.ArgumentException.With.Message.Contains("StepDurability is 7, allowed are Process and Power"));
    }
}
