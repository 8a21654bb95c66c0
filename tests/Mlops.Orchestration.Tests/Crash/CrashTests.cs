using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Orchestration.Tests;

/// <summary>Kills real worker processes at random moments and looks at the database afterwards.</summary>
[TestFixture]
public abstract class CrashTests
{
    private const int Kills = 10;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    protected abstract string Engine { get; }

    protected abstract string ConnectionString { get; }

    protected abstract Database Create();

    [Test]
    [CancelAfter(120_000)]
    public async Task Killed_workers_leave_every_step_committed_once_and_every_result_right(CancellationToken cancellationToken)
    {
        const int seed = 20_260_101;
        var random = new Random(seed);
        await using Database database = Create();
        var pipelines = new Pipelines(database, CrashPipelines.All);
        PipelineRun run = await pipelines.StartAsync<Chain, long>(7, cancellationToken: cancellationToken);

        int kills = 0;
        while (!(await pipelines.GetAsync(run.Id, cancellationToken)).IsOver && kills < Kills)
        {
            using WorkerProcess worker = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease);
            await Task.Delay(random.Next(100, 700), cancellationToken);
            await worker.KillAsync();
            kills++;
        }

        using WorkerProcess last = await WorkerProcess.StartAsync(Engine, ConnectionString, Lease);
        run = await pipelines.WaitAsync(run.Id, cancellationToken);
        await last.StopAsync();

        List<RunEvent> log = await LogInvariants.CheckAsync(pipelines, run.Id);
        TestContext.Out.WriteLine($"seed {seed}, kills {kills}, reclaimed {log.Count(static e => e is StepReclaimed)}, entries {log.Count}");
        Assert.That(await run.EnsureSucceeded().GetResultAsync<long>($"step-{Chain.Length - 1}", cancellationToken), Is.EqualTo(Chain.Oracle(7)));
    }
}

internal sealed class SqliteCrashTests : CrashTests
{
    private string _folder = "";

    protected override string Engine => "sqlite";

    protected override string ConnectionString => $"Data Source={_folder}/crash.db";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-crash").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    protected override Database Create() => new SqliteDatabase(ConnectionString);
}
