using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>Kills and freezes real worker processes and looks at the database afterwards.</summary>
[TestFixture]
public abstract partial class CrashTests
{
    /// <summary>A run of each pipeline has work enough for so many kills.</summary>
    private const int KillsPerSet = 10;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private string _artifacts = "";

    protected abstract string Engine { get; }

    protected abstract string ConnectionString { get; }

    protected abstract Database Create();

    /// <summary>What the engine itself has to say about its files.</summary>
    protected abstract Task CheckFilesAsync(Database database, CancellationToken cancellationToken);

    [SetUp]
    public void CreateArtifacts() => _artifacts = Directory.CreateTempSubdirectory("mlops-crash-artifacts").FullName;

    [TearDown]
    public void DeleteArtifacts() => Directory.Delete(_artifacts, recursive: true);

    private Pipelines Open(Database database) => new(database, CrashPipelines.All, new ArtifactCatalog(database, new FileArtifactStore(_artifacts)));

    private Task<WorkerProcess> StartWorkerAsync(params string[] more) => WorkerProcess.StartAsync(Engine, ConnectionString, Lease, _artifacts, more);

    /// <summary>
    /// One to three workers, all shapes and a schedule: chain, diamond, fan-out of 200, fan-out over a fan-out, decision, retry, checkpoint, cache,
    /// artifact, loop, pool and approval.
    /// </summary>
    [Test]
    [CancelAfter(3_600_000)]
    [Category("Kills")]
    public async Task Killed_workers_leave_every_step_committed_once_and_every_result_right(CancellationToken cancellationToken)
    {
        int seed = KillCount.DrawSeed();
        TestContext.Out.WriteLine($"{Engine}: seed {seed}");
        var random = new Random(seed);
        await using Database database = Create();
        Pipelines pipelines = Open(database);
        await pipelines.SetPoolAsync(Wide.Pool, Wide.PoolSlots, cancellationToken);
        List<(PipelineRun Run, (string Step, long Result) Expected)> runs = [];
        int sets = 0;
        int processes = 0;
        for (int landed = 0; landed < KillCount.PerTest;)
        {
            // A kill after the last step shows nothing, and a busy machine may let a worker do much between two looks at it.
            int killed = sets < int.Max(2, KillCount.PerTest / KillsPerSet) ? 0 : await RunUntilKilledAsync(database, random, cancellationToken);
            if (killed > 0)
            {
                landed++;
                processes += killed;
                continue;
            }

            // Two sets share the seed of their shapes, so that the second finds the first one's results in the cache.
            runs.Add((await pipelines.StartAsync<Chain, long>(sets, cancellationToken: cancellationToken), ($"step-{Chain.Length - 1}", Chain.Oracle(sets))));
            runs.Add((await pipelines.StartAsync<Shapes, long>(sets / 2, cancellationToken: cancellationToken), Shapes.Oracle(sets / 2)));
            runs.Add((await pipelines.StartAsync<Wide, long>(sets, cancellationToken: cancellationToken), (Wide.LastStep, Wide.Oracle(sets))));
            sets++;
        }

        using WorkerProcess last = await StartWorkerAsync("schedule");
        List<RunEvent> log = [];
        foreach ((PipelineRun run, (string, long) expected) in runs)
        {
            log.AddRange(await CheckAsync(pipelines, run.Id, expected, cancellationToken));
        }

        int lost = log.Count(static e => e is StepReclaimed);
        int cached = log.Count(static e => e is StepCached);
        await CheckCacheAsync(pipelines, [.. runs.Where(static run => run.Run.Pipeline == nameof(Shapes)).Select(static run => run.Run.Id)], cancellationToken);
        await last.StopAsync();
        int ticks = await CheckTicksAsync(pipelines, cancellationToken);
        await CheckStorageAsync(database, pipelines, cancellationToken);
        TestContext.Out.WriteLine(
            $"{Engine}: seed {seed}, {KillCount.PerTest} kills of 1 to 3 workers, {processes} processes, {runs.Count} runs, {log.Count} entries, {lost} attempts lost with their worker, "
            + $"{log.Count(static e => e is StepFenced)} late commits turned away, {cached} steps from the cache, {ticks} ticks");
        Assert.That(lost, Is.GreaterThan(0), "the kills hit nothing");
        Assert.That(cached, Is.GreaterThan(0), "nothing came from the cache");
    }

    [Test]
    [CancelAfter(60_000)]
    [Platform(Include = "Linux,MacOsX")]
    public async Task A_frozen_worker_that_wakes_up_late_is_fenced(CancellationToken cancellationToken)
    {
        string gate = Path.Combine(Directory.CreateTempSubdirectory("mlops-gate").FullName, "open");
        await using Database database = Create();
        Pipelines pipelines = Open(database);
        using WorkerProcess sleeper = await StartWorkerAsync();
        PipelineRun run = await pipelines.StartAsync<Frozen, string>(gate, cancellationToken: cancellationToken);

        long token = (await StoreTests.SeeAsync<StepStarted>(pipelines, run.Id, cancellationToken)).FencingToken;
        await sleeper.FreezeAsync();
        using WorkerProcess heir = await StartWorkerAsync();
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

    /// <summary>Starts one to three workers and kills them at a random moment after some progress; now and then one is frozen beyond its lease before.</summary>
    /// <returns>How many were killed while there was work left; 0 when there was none.</returns>
    private async Task<int> RunUntilKilledAsync(Database database, Random random, CancellationToken cancellationToken)
    {
        List<WorkerProcess> workers = [];
        try
        {
            int count = random.Next(10) switch { < 5 => 1, < 8 => 2, _ => 3 };
            for (int i = 0; i < count; i++)
            {
                workers.Add(await StartWorkerAsync("schedule"));
            }

            long target = (await LookAsync(database, cancellationToken)).Entries + random.Next(1, 60);
            while (await LookAsync(database, cancellationToken) is { Open: > 0 } seen && seen.Entries < target)
            {
                await Task.Delay(15, cancellationToken);
            }

            if (count > 1 && random.Next(5) == 0 && !OperatingSystem.IsWindows())
            {
                await workers[0].FreezeAsync();
                await Task.Delay(Lease * 1.5, cancellationToken);
                await workers[0].ThawAsync();
            }

            foreach (WorkerProcess worker in workers)
            {
                await Task.Delay(random.Next(0, 20), cancellationToken);
                await worker.KillAsync();
            }

            return (await LookAsync(database, cancellationToken)).Open > 0 ? count : 0;
        }
        finally
        {
            workers.ForEach(static worker => worker.Dispose());
        }
    }

    /// <summary>Entries in all logs, and runs that are not over; whatever happens, no pool is ever too full.</summary>
    private static async Task<(long Entries, long Open)> LookAsync(Database database, CancellationToken cancellationToken)
    {
        (long Entries, long Open, long Taken) seen = (await database.QueryAsync(
            """
            SELECT CAST(coalesce(sum(next_seq), 0) AS bigint), CAST(coalesce(sum(CASE WHEN state = 1 THEN 1 ELSE 0 END), 0) AS bigint),
                (SELECT count(*) FROM orchestration_step WHERE pool = @pool AND state = 2)
            FROM orchestration_run WHERE pipeline <> @ticks
            """,
            static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)),
            cancellationToken,
            ("@pool", Wide.Pool), ("@ticks", nameof(Ticked)))).Single();
        Assert.That(seen.Taken, Is.LessThanOrEqualTo(Wide.PoolSlots), "slots of the pool");
        return (seen.Entries, seen.Open);
    }
}
