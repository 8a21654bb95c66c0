using Microsoft.Extensions.Logging.Testing;
using Mlops.Orchestration.TestWorker;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>The database runs out of room in the middle of runs and gets room again.</summary>
[TestFixture]
public sealed class DiskFullTests
{
    private string _artifacts = "";

    [SetUp]
    public void CreateArtifacts() => _artifacts = Directory.CreateTempSubdirectory("mlops-full-artifacts").FullName;

    [TearDown]
    public void DeleteArtifacts() => Directory.Delete(_artifacts, recursive: true);

    [TestCase("SQLite may not grow")]
    [TestCase("SQLite on a full volume")]
    [TestCase("PostgreSQL answers that there is no room")]
    [TestCase("PostgreSQL on a full volume")]
    [CancelAfter(180_000)]
    public async Task Runs_stand_still_while_there_is_no_room_and_go_on_when_there_is(string what, CancellationToken cancellationToken)
    {
        await using RoomForDatabase room = Create(what);
        await using Database database = room.Open();
        var pipelines = new Pipelines(database, CrashPipelines.All, new ArtifactCatalog(database, new FileArtifactStore(_artifacts)));
        var work = new CrashWork(database, pipelines);
        var log = new FakeLogger<PipelineWorker>();
        await work.AddSetAsync(cancellationToken);

        // Until there is no room, so that results are left to be refused.
        using var isFull = new ManualResetEventSlim();
        await using var worker = new PipelineWorker(pipelines, StoreTests.Quick(), logger: log);
        worker.Start();
        await ReachAsync(work, (await work.LookAsync(cancellationToken)).Entries + 20, cancellationToken);

        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeCommit)
            {
                isFull.Wait(cancellationToken);
            }
        };
        StorageException refused;
        try
        {
            await room.FillAsync(database, cancellationToken);
            refused = await FillAsync(work, cancellationToken);
        }
        finally
        {
            pipelines.Reached = null;
            isFull.Set();
        }

        while (!log.Collector.GetSnapshot().Any(static record => record.Exception is StorageException))
        {
            await Task.Delay(20, cancellationToken);
        }

        Assert.That(refused.Message, Does.Contain("full").Or.Contain("No space left").Or.Contain("no room"), what);
        Assert.That(refused.OutcomeUnknown, Is.False);
        await room.EmptyAsync(database, cancellationToken);
        await work.AddSetAsync(cancellationToken);
        while ((await work.LookAsync(cancellationToken)).Open > 0)
        {
            await work.ApproveAsync(cancellationToken);
            await Task.Delay(20, cancellationToken);
        }

        await work.CheckAsync(cancellationToken);
        await CrashChecks.ArtifactsAsync(database, pipelines, cancellationToken);
        await room.CheckAsync(database, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_result_waits_for_room_and_its_step_does_not_run_again(CancellationToken cancellationToken)
    {
        await using RoomForDatabase room = new SqlitePageLimit();
        await using Database database = room.Open();
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var pipelines = new Pipelines(database, [new TestPipeline(p => p.Step("big", async _ =>
        {
            begun.TrySetResult();
            await go.Task;
            return new string('x', 60_000);
        }))]);
        var log = new FakeLogger<PipelineWorker>();
        await using var worker = new PipelineWorker(pipelines, StoreTests.Quick(), logger: log);
        worker.Start();
        PipelineRun run = await StoreTests.StartAsync(pipelines);
        await begun.Task.WaitAsync(cancellationToken);
        await room.FillAsync(database, cancellationToken);
        go.SetResult();
        while (!log.Collector.GetSnapshot().Any(static record => record.Exception is StorageException))
        {
            await Task.Delay(20, cancellationToken);
        }

        await room.EmptyAsync(database, cancellationToken);
        run = await pipelines.WaitAsync(run.Id, cancellationToken);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("big", cancellationToken), Has.Length.EqualTo(60_000));
        Assert.That((await run.GetStepsAsync(cancellationToken)).Single().Attempts, Is.EqualTo(1));
    }

    private static RoomForDatabase Create(string what) => what switch
    {
        "SQLite may not grow" => new SqlitePageLimit(),
        "SQLite on a full volume" => new SqliteVolume(),
        "PostgreSQL answers that there is no room" => new PostgreSqlRefusal(),
        _ => new PostgreSqlVolume(),
    };

    /// <summary>Adds work until it is refused.</summary>
    private static async Task<StorageException> FillAsync(CrashWork work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await work.AddSetAsync(cancellationToken);
            }
            catch (StorageException exception)
            {
                return exception;
            }
        }
    }

    private static async Task ReachAsync(CrashWork work, long target, CancellationToken cancellationToken)
    {
        while (await work.LookAsync(cancellationToken) is { Open: > 0 } seen && seen.Entries < target)
        {
            await Task.Delay(5, cancellationToken);
        }
    }
}
