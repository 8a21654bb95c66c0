using Mlops.Orchestration.TestWorker;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

public abstract partial class CrashTests
{
    private static readonly TimeSpan DeathLimit = TimeSpan.FromSeconds(30);

    private static IEnumerable<string> Points => Enum.GetNames<ExecutionPoint>().Where(static point => !point.EndsWith("Start", StringComparison.Ordinal));

    /// <summary>A real process kills itself at the point; another goes on.</summary>
    [TestCaseSource(nameof(Points))]
    [CancelAfter(300_000)]
    [Explicit("Some minutes of processes that start and die.")]
    [Category("Long")]
    public async Task A_worker_that_dies_at_a_point_leaves_a_run_that_ends_as_if_nothing_had_happened(string point, CancellationToken cancellationToken)
    {
        await using Database database = Create();
        Pipelines pipelines = Open(database);
        foreach (int number in (int[])[1, 2, 9])
        {
            PipelineRun wide = await pipelines.StartAsync<Wide, long>(number, cancellationToken: cancellationToken);
            PipelineRun shapes = await pipelines.StartAsync<Shapes, long>(number, cancellationToken: cancellationToken);
            using (WorkerProcess dying = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts, $"{point}#{number}", "schedule"))
            {
                // A run has one decision only, and few artifacts: there the later numbers are never reached.
                bool reachable = number == 1 || !(point.EndsWith("Decision", StringComparison.Ordinal) || point.EndsWith("Artifact", StringComparison.Ordinal));
                bool died = await dying.DiesWithinAsync(reachable ? DeathLimit : TimeSpan.FromSeconds(3));
                Assert.That(died || !reachable, Is.True, $"it lives on after the point was reached {number} times");
            }

            using WorkerProcess heir = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts, "schedule");
            await CheckAsync(pipelines, wide.Id, (Wide.LastStep, Wide.Oracle(number)), cancellationToken);
            await CheckAsync(pipelines, shapes.Id, Shapes.Oracle(number), cancellationToken);
            await heir.StopAsync();
        }

        await CheckTicksAsync(pipelines, cancellationToken);
        await CheckStorageAsync(database, pipelines, cancellationToken);
    }

    /// <summary>Every tick started one run, without one that is missing in between.</summary>
    private static async Task CheckTicksAsync(Pipelines pipelines, CancellationToken cancellationToken)
    {
        DateTimeOffset[] ticks = [.. (await pipelines.ListRunsAsync(nameof(Ticked), take: 1_000, cancellationToken: cancellationToken)).Select(static run => run.GetParameters<DateTimeOffset>()).Order()];

        Assert.That(ticks, Is.Unique.And.Not.Empty);
        Assert.That(ticks.Zip(ticks.Skip(1), static (before, after) => after - before), Has.All.EqualTo(TimeSpan.FromSeconds(1)), "each second once");
    }

    /// <summary>What is referenced is there and whole, and the file is sound.</summary>
    private async Task CheckStorageAsync(Database database, Pipelines pipelines, CancellationToken cancellationToken)
    {
        List<string> hashes = await database.QueryAsync("SELECT DISTINCT hash FROM orchestration_artifact ORDER BY hash", static row => row.GetString(0), cancellationToken);
        Assert.That(hashes, Is.Not.Empty);
        foreach (string hash in hashes)
        {
            await using Stream content = await pipelines.Payloads.Catalog.OpenReadAsync(ContentHash.Parse(hash), cancellationToken);
            await content.CopyToAsync(Stream.Null, cancellationToken);
        }

        if (Engine == "sqlite")
        {
            Assert.That(await database.QueryAsync("PRAGMA integrity_check", static row => row.GetString(0), cancellationToken), Is.EqualTo((string[])["ok"]));
        }
    }
}
