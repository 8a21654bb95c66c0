using Mlops.Orchestration.TestWorker;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>What must hold once everything is over.</summary>
internal static class CrashChecks
{
    public static async Task<List<RunEvent>> RunAsync(Pipelines pipelines, long runId, (string Step, long Result) expected, CancellationToken cancellationToken)
    {
        PipelineRun run = await pipelines.WaitAsync(runId, cancellationToken);
        List<RunEvent> log = await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That(log.OfType<StepMemoized>().Select(static e => (e.Step, e.Name)), Is.Unique);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<long>(expected.Step, cancellationToken), Is.EqualTo(expected.Result));
        return log;
    }

    /// <summary>What came from the cache is what comes out when everything is computed again.</summary>
    public static async Task CacheAsync(Pipelines pipelines, IEnumerable<long> runs, CancellationToken cancellationToken)
    {
        PipelineGraph graph = pipelines.GetGraph<Shapes>();
        Dictionary<(long Seed, string Step), long> recomputed = [];
        foreach (long id in runs)
        {
            PipelineRun run = await pipelines.GetAsync(id, cancellationToken);
            long seed = run.GetParameters<long>();
            if (!recomputed.Keys.Any(key => key.Seed == seed))
            {
                PipelineRun again = await pipelines.StartAsync<Shapes, long>(seed, new StartOptions { Cache = CacheUse.Ignore }, cancellationToken);
                await ReadAsync(await pipelines.WaitAsync(again.Id, cancellationToken), (step, result) => recomputed.Add((seed, step), result));
                Assert.That((await LogInvariants.ReadAsync(pipelines, again.Id)).OfType<StepCached>(), Is.Empty);
            }

            await ReadAsync(run, (step, result) => Assert.That(result, Is.EqualTo(recomputed[(seed, step)]), $"'{step}' of run {id}"));
        }

        async Task ReadAsync(PipelineRun run, Action<string, long> read)
        {
            foreach (StepStatus step in await run.GetStepsAsync(cancellationToken))
            {
                if (step.State == StepState.Succeeded && graph.FindNodeOfStep(step.Key)!.Kind is NodeKind.Step or NodeKind.Item)
                {
                    read(step.Key, await run.GetResultAsync<long>(step.Key, cancellationToken));
                }
            }
        }
    }

    /// <summary>Every tick started one run, without one that is missing in between.</summary>
    public static async Task<int> TicksAsync(Pipelines pipelines, CancellationToken cancellationToken)
    {
        List<PipelineRun> runs = [];
        while (runs.Count % 1_000 == 0 && await pipelines.ListRunsAsync(nameof(Ticked), take: 1_000, before: runs.Count == 0 ? null : runs[^1].Id, cancellationToken: cancellationToken) is { Count: > 0 } page)
        {
            runs.AddRange(page);
        }

        DateTimeOffset[] ticks = [.. runs.Select(static run => run.GetParameters<DateTimeOffset>()).Order()];
        Assert.That(ticks, Is.Unique.And.Not.Empty);
        Assert.That(ticks.Zip(ticks.Skip(1), static (before, after) => after - before), Has.All.EqualTo(TimeSpan.FromSeconds(1)), "each second once");
        return ticks.Length;
    }

    /// <summary>What is referenced is there and whole.</summary>
    public static async Task ArtifactsAsync(Database database, Pipelines pipelines, CancellationToken cancellationToken)
    {
        List<string> hashes = await database.QueryAsync("SELECT DISTINCT hash FROM orchestration_artifact ORDER BY hash", static row => row.GetString(0), cancellationToken);
        Assert.That(hashes, Is.Not.Empty);
        foreach (string hash in hashes)
        {
            await using Stream content = await pipelines.Payloads.Catalog.OpenReadAsync(ContentHash.Parse(hash), cancellationToken);
            await content.CopyToAsync(Stream.Null, cancellationToken);
        }
    }
}
