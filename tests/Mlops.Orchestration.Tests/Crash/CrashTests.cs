using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>Kills and freezes real worker processes and looks at the database afterwards.</summary>
[TestFixture]
public abstract partial class CrashTests
{
    /// <summary>One chain and one shape have work enough for so many kills.</summary>
    private const int KillsPerPair = 5;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private string _artifacts = "";

    protected abstract string Engine { get; }

    protected abstract string ConnectionString { get; }

    protected abstract Database Create();

    [SetUp]
    public void CreateArtifacts() => _artifacts = Directory.CreateTempSubdirectory("mlops-crash-artifacts").FullName;

    [TearDown]
    public void DeleteArtifacts() => Directory.Delete(_artifacts, recursive: true);

    private Pipelines Open(Database database) => new(database, CrashPipelines.All, new ArtifactCatalog(database, new FileArtifactStore(_artifacts)));

    [Test]
    [CancelAfter(1_200_000)]
    public async Task Killed_workers_leave_every_step_committed_once_and_every_result_right(CancellationToken cancellationToken)
    {
        const int seed = 20_260_101;
        var random = new Random(seed);
        await using Database database = Create();
        Pipelines pipelines = Open(database);
        List<PipelineRun> chains = [];
        List<PipelineRun> shapes = [];
        for (int landed = 0; landed < KillCount.PerTest;)
        {
            // A kill after the last step shows nothing, and a busy machine may let a worker do much between two looks at it.
            if (chains.Count < int.Max(2, KillCount.PerTest / KillsPerPair) || !await RunUntilKilledAsync(pipelines, [.. chains, .. shapes], random, cancellationToken))
            {
                chains.Add(await pipelines.StartAsync<Chain, long>(chains.Count, cancellationToken: cancellationToken));
                shapes.Add(await pipelines.StartAsync<Shapes, long>(shapes.Count, cancellationToken: cancellationToken));
            }
            else
            {
                landed++;
            }
        }

        using WorkerProcess last = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts);
        int lost = 0;
        for (int i = 0; i < chains.Count; i++)
        {
            lost += await CheckAsync(pipelines, chains[i].Id, ($"step-{Chain.Length - 1}", Chain.Oracle(i)), cancellationToken);
            lost += await CheckAsync(pipelines, shapes[i].Id, Shapes.Oracle(i), cancellationToken);
        }

        await last.StopAsync();
        TestContext.Out.WriteLine($"seed {seed}, {KillCount.PerTest} kills, {chains.Count} pairs of runs, {lost} attempts lost with their worker");
        Assert.That(lost, Is.GreaterThan(0), "the kills hit nothing");
    }

    [Test]
    [CancelAfter(60_000)]
    [Platform(Include = "Linux,MacOsX")]
    public async Task A_frozen_worker_that_wakes_up_late_is_fenced(CancellationToken cancellationToken)
    {
        string gate = Path.Combine(Directory.CreateTempSubdirectory("mlops-gate").FullName, "open");
        await using Database database = Create();
        Pipelines pipelines = Open(database);
        using WorkerProcess sleeper = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts);
        PipelineRun run = await pipelines.StartAsync<Frozen, string>(gate, cancellationToken: cancellationToken);

        long token = (await StoreTests.SeeAsync<StepStarted>(pipelines, run.Id, cancellationToken)).FencingToken;
        await sleeper.FreezeAsync();
        using WorkerProcess heir = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts);
        StepSucceeded success = await StoreTests.SeeAsync<StepSucceeded>(pipelines, run.Id, cancellationToken);
        await sleeper.ThawAsync();
        StepFenced fenced = await StoreTests.SeeAsync<StepFenced>(pipelines, run.Id, cancellationToken);
        await File.WriteAllTextAsync(gate, "", cancellationToken);
        run = await pipelines.WaitAsync(run.Id, cancellationToken);

        Assert.That(fenced.FencingToken, Is.EqualTo(token));
        Assert.That(success.FencingToken, Is.GreaterThan(token));
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("gate", cancellationToken), Is.EqualTo(2), "the second attempt's result");
        await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That(sleeper.HasExited, Is.False, "a fenced worker goes on with other work");
        Directory.Delete(Path.GetDirectoryName(gate)!, recursive: true);
    }

    /// <summary>Starts one worker, sometimes two, and kills it at a random moment after it has made some progress.</summary>
    /// <returns>Whether there was work left to be killed at.</returns>
    private async Task<bool> RunUntilKilledAsync(Pipelines pipelines, PipelineRun[] runs, Random random, CancellationToken cancellationToken)
    {
        using WorkerProcess worker = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts);
        using WorkerProcess? other = random.Next(10) < 3 ? await WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts) : null;
        long target = await ProgressAsync(pipelines, runs, cancellationToken) + random.Next(1, 30);
        while (await ProgressAsync(pipelines, runs, cancellationToken) is var seen && seen < target && seen < long.MaxValue)
        {
            await Task.Delay(15, cancellationToken);
        }

        await Task.Delay(random.Next(0, 20), cancellationToken);
        await worker.KillAsync();
        if (other is not null)
        {
            await other.KillAsync();
        }

        return await ProgressAsync(pipelines, runs, cancellationToken) < long.MaxValue;
    }

    /// <summary>Entries in all logs; the largest number once every run is over.</summary>
    private static async Task<long> ProgressAsync(Pipelines pipelines, PipelineRun[] runs, CancellationToken cancellationToken)
    {
        long entries = 0;
        bool over = true;
        foreach (PipelineRun run in runs)
        {
            PipelineRun now = await pipelines.GetAsync(run.Id, cancellationToken);
            entries += now.LastSequence;
            over &= now.IsOver;
        }

        return over ? long.MaxValue : entries;
    }

    private static async Task<int> CheckAsync(Pipelines pipelines, long runId, (string Step, long Result) expected, CancellationToken cancellationToken)
    {
        PipelineRun run = await pipelines.WaitAsync(runId, cancellationToken);
        List<RunEvent> log = await LogInvariants.CheckAsync(pipelines, run.Id);
        Assert.That(LogInvariants.MostAtOnce(log, "item["), Is.LessThanOrEqualTo(Shapes.MaximumParallel));
        Assert.That(log.OfType<StepMemoized>().Select(static e => (e.Step, e.Name)), Is.Unique);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<long>(expected.Step, cancellationToken), Is.EqualTo(expected.Result));
        return log.Count(static e => e is StepReclaimed);
    }
}
