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
        var work = new CrashWork(database, pipelines);
        int processes = 0;
        for (int landed = 0; landed < KillCount.PerTest;)
        {
            // A kill after the last step shows nothing, and a busy machine may let a worker do much between two looks at it.
            int killed = work.Sets < int.Max(2, KillCount.PerTest / KillsPerSet) ? 0 : await RunUntilKilledAsync(work, random, cancellationToken);
            if (killed > 0)
            {
                landed++;
                processes += killed;
            }
            else
            {
                await work.AddSetAsync(cancellationToken);
            }
        }

        using WorkerProcess last = await StartWorkerAsync("schedule");
        List<RunEvent> log = await work.CheckAsync(cancellationToken);
        int lost = log.Count(static e => e is StepReclaimed);
        int cached = log.Count(static e => e is StepCached);
        await CrashChecks.CacheAsync(pipelines, work.Runs.Where(static run => run.Pipeline == nameof(Shapes)).Select(static run => run.Id), cancellationToken);
        await last.StopAsync();
        int ticks = await CrashChecks.TicksAsync(pipelines, cancellationToken);
        await CrashChecks.ArtifactsAsync(database, pipelines, cancellationToken);
        await CheckFilesAsync(database, cancellationToken);
        TestContext.Out.WriteLine(
            $"{Engine}: seed {seed}, {KillCount.PerTest} kills of 1 to 3 workers, {processes} processes, {work.Runs.Count()} runs, {log.Count} entries, {lost} attempts lost with their worker, "
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
        await FreezeBetweenWritesAsync(database, sleeper, cancellationToken);
        using WorkerProcess heir = await StartWorkerAsync();
        StepSucceeded success = await StoreTests.SeeAsync<StepSucceeded>(pipelines, run.Id, cancellationToken);
        await File.WriteAllTextAsync(Frozen.Awake(gate), "", cancellationToken);
        sleeper.Thaw();
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

    /// <summary>Not while it writes: nobody takes over from a worker that sleeps with the database in its hand.</summary>
    private static async Task FreezeBetweenWritesAsync(Database database, WorkerProcess worker, CancellationToken cancellationToken)
    {
        while (true)
        {
            worker.Freeze();
            Task<int> write = database.WriteAsync(0, static (session, _) => session.Execute("UPDATE mlops_lease SET until = until"), cancellationToken: cancellationToken);
            if (await Task.WhenAny(write, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken)) == write)
            {
                await write;
                return;
            }

            worker.Thaw();
            await write;
        }
    }

    /// <summary>Starts one to three workers and kills them at a random moment after some progress; now and then one is frozen beyond its lease before.</summary>
    /// <returns>How many were killed while there was work left; 0 when there was none.</returns>
    private async Task<int> RunUntilKilledAsync(CrashWork work, Random random, CancellationToken cancellationToken)
    {
        int count = random.Next(10) switch { < 5 => 1, < 8 => 2, _ => 3 };
        Task<WorkerProcess>[] starting = [.. Enumerable.Range(0, count).Select(_ => StartWorkerAsync("schedule"))];
        try
        {
            WorkerProcess[] workers = await Task.WhenAll(starting);
            long target = (await work.LookAsync(cancellationToken)).Entries + random.Next(1, 60);
            while (await work.LookAsync(cancellationToken) is { Open: > 0 } seen && seen.Entries < target)
            {
                await Task.Delay(15, cancellationToken);
            }

            if (count > 1 && random.Next(5) == 0 && !OperatingSystem.IsWindows())
            {
                workers[0].Freeze();
                await Task.Delay(Lease * 1.5, cancellationToken);
                workers[0].Thaw();
            }

            foreach (WorkerProcess worker in workers)
            {
                await Task.Delay(random.Next(0, 20), cancellationToken);
                await worker.KillAsync();
            }

            return (await work.LookAsync(cancellationToken)).Open > 0 ? count : 0;
        }
        finally
        {
            foreach (Task<WorkerProcess> started in starting.Where(static started => started.IsCompletedSuccessfully))
            {
                (await started).Dispose();
            }
        }
    }
}
