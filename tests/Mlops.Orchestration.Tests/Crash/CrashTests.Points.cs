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
        int deaths = 0;
        foreach (int number in (int[])[1, 2, 9])
        {
            PipelineRun wide = await pipelines.StartAsync<Wide, long>(number, cancellationToken: cancellationToken);
            PipelineRun shapes = await pipelines.StartAsync<Shapes, long>(number, cancellationToken: cancellationToken);
            using (WorkerProcess dying = await StartWorkerAsync($"{point}#{number}", "schedule"))
            {
                // A run has one decision only, and few artifacts: there the later numbers are never reached.
                bool reachable = number == 1 || !(point.EndsWith("Decision", StringComparison.Ordinal) || point.EndsWith("Artifact", StringComparison.Ordinal));
                bool died = await dying.DiesWithinAsync(reachable ? DeathLimit : TimeSpan.FromSeconds(3));
                deaths += died ? 1 : 0;
            }

            using WorkerProcess heir = await StartWorkerAsync("schedule");
            await CheckAsync(pipelines, wide.Id, (Wide.LastStep, Wide.Oracle(number)), cancellationToken);
            await CheckAsync(pipelines, shapes.Id, Shapes.Oracle(number), cancellationToken);
            await heir.StopAsync();
        }

        Assert.That(deaths, Is.GreaterThan(0), "nothing died");
        await CheckTicksAsync(pipelines, cancellationToken);
        await CheckStorageAsync(database, pipelines, cancellationToken);
    }

    [TestCase(nameof(ExecutionPoint.BeforeStart), 0)]
    [TestCase(nameof(ExecutionPoint.AfterStart), 1)]
    [CancelAfter(120_000)]
    public async Task A_process_that_dies_while_it_starts_a_run_finds_it_when_it_tries_again(string point, int left, CancellationToken cancellationToken)
    {
        await using Database database = Create();
        Pipelines pipelines = Open(database);
        using (WorkerProcess dying = await StartWorkerAsync($"{point}#1", "start"))
        {
            Assert.That(await dying.DiesWithinAsync(DeathLimit), Is.True);
        }

        Assert.That(await pipelines.ListRunsAsync(nameof(Chain), cancellationToken: cancellationToken), Has.Count.EqualTo(left));
        using WorkerProcess heir = await StartWorkerAsync("start");
        IReadOnlyList<PipelineRun> runs;
        while ((runs = await pipelines.ListRunsAsync(nameof(Chain), cancellationToken: cancellationToken)).Count == 0)
        {
            await Task.Delay(20, cancellationToken);
        }

        await CheckAsync(pipelines, runs[0].Id, ($"step-{Chain.Length - 1}", Chain.Oracle(CrashPipelines.StartedSeed)), cancellationToken);
        await heir.StopAsync();
        Assert.That(await pipelines.ListRunsAsync(nameof(Chain), cancellationToken: cancellationToken), Has.Count.EqualTo(1));
    }
}
