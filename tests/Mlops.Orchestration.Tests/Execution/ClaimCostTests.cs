using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>What it costs to look for work on SQLite, counted rather than timed.</summary>
internal sealed class ClaimCostTests
{
    private SqliteFile? _file;
    private Database? _database;
    private Pipelines? _pipelines;

    [SetUp]
    public async Task OpenDatabase()
    {
        _database = (_file = new SqliteFile()).Open();
        _pipelines = new Pipelines(_database, [new TestPipeline(static p =>
        {
            p.Step("plain", static _ => Task.FromResult(1));
            p.Step("pooled", static _ => Task.FromResult(1)).InPool("gpu");
        })]);
        await _pipelines.RegisterAsync();
    }

    [TearDown]
    public async Task CloseDatabase()
    {
        await _database!.DisposeAsync();
        _file!.Dispose();
    }

    [Test]
    public async Task Looking_for_work_does_not_cost_more_the_more_runs_of_other_versions_wait()
    {
        await WaitAsync(version: 1_000, runs: 100, pool: "other");
        long few = await CountAsync(static sql => [sql.Due, sql.NextWake]);
        await WaitAsync(version: 1_001, runs: 5_000, pool: "other");
        long many = await CountAsync(static sql => [sql.Due, sql.NextWake]);

        Assert.That(few, Is.GreaterThan(0));
        Assert.That(many, Is.LessThan(few + 500), "steps of SQLite's machine");
    }

    [Test]
    public async Task A_claim_does_not_cost_more_the_more_runs_wait()
    {
        long version = await WaitOwnAsync(runs: 100);
        await _pipelines!.SetPoolAsync("gpu", 100);
        long few = await ClaimAsync();
        await WaitAsync(version, runs: 5_000, pool: "gpu");
        await WaitAsync(version: 1_001, runs: 5_000, pool: "other");
        long many = await ClaimAsync();

        Assert.That(few, Is.GreaterThan(100));
        Assert.That(many, Is.LessThan(1.5 * few), "steps of SQLite's machine");
    }

    [Test]
    public async Task A_commit_of_a_run_does_not_cost_more_the_more_urgent_runs_of_other_versions_wait()
    {
        await StoreTests.StartAsync(_pipelines!);
        await WaitAsync(version: 1_000, runs: 100, pool: "other", urgency: 0);
        long few = await CountAsync(static sql => [sql.LockRun, sql.Due]);
        await WaitAsync(version: 1_001, runs: 5_000, pool: "other", urgency: 0);
        long many = await CountAsync(static sql => [sql.LockRun, sql.Due]);

        Assert.That(few, Is.GreaterThan(0));
        Assert.That(many, Is.LessThan(few + 500), "steps of SQLite's machine");
    }

    [Test]
    public async Task A_full_pool_is_counted_once_however_many_runs_wait_for_it()
    {
        long version = await WaitOwnAsync(runs: 1);
        await _pipelines!.SetPoolAsync("gpu", 50);
        await _database!.WriteAsync(0, static (session, _) => session.Execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
            INSERT INTO orchestration_step (run_id, step_key, node, ordinal, state, pending, attempt, failures, lost, epoch, not_before, pool)
            SELECT 100000, 's' || i, 'x', i, 2, 0, 0, 0, 0, 0, 0, 'gpu' FROM n
            """));
        await WaitAsync(version, runs: 1_000, pool: "gpu");
        long cost = await CountAsync(static sql => [sql.NextWake]);

        // A count takes hundreds of steps, a glance at a run that waits for a pool that is known to be full a few.
        Assert.That(cost, Is.LessThan(10 * 1_000 * 40), "steps of SQLite's machine");
    }

    [Test]
    public async Task Runs_are_found_by_their_index_without_being_sorted()
    {
        var sql = new OrchestrationSql(_database!.Dialect, [1, 2]);
        string run = await ExplainAsync(sql.PickRun), due = await ExplainAsync(sql.Due), next = await ExplainAsync(sql.NextWake), pool = await ExplainAsync(sql.PickFromPool);

        Assert.That(run, Does.Contain("orchestration_run_due (urgency=? AND version_id=? AND wake_at<?)").And.Not.Contains("B-TREE"));
        Assert.That(due, Does.Contain("orchestration_run_due (urgency=? AND version_id=?").And.Contains("orchestration_pool_wait_due (urgency=? AND version_id=?"));
        Assert.That(next, Does.Contain("orchestration_run_due (urgency=? AND version_id=?").And.Contains("orchestration_pool_wait_due (urgency=? AND version_id=?"));
        Assert.That(pool, Does.Contain("orchestration_pool_wait_due (urgency=? AND version_id=? AND wake_at<?)").And.Not.Contains("FOR ORDER BY"));
        Assert.That(due + next + pool + run, Does.Not.Match("SCAN [arw]( |$)"));
        Assert.That(await ExplainAsync(sql.Ready), Does.Contain("orchestration_run_due (urgency=? AND version_id=?"));
    }

    /// <summary>Runs of this process, as they are started.</summary>
    private async Task<long> WaitOwnAsync(int runs)
    {
        for (int i = 0; i < runs; i++)
        {
            await StoreTests.StartAsync(_pipelines!);
        }

        return (await _pipelines!.RegisterAsync()).Ids[0];
    }

    /// <summary>Runs that wait for a slot, and for one of a pool.</summary>
    private Task<int> WaitAsync(long version, int runs, string pool, int urgency = 1) => _database!.WriteAsync(
        (version, runs, pool, urgency),
        static (session, state) =>
        {
            long first = session.QueryFirst("SELECT coalesce(max(id), 0) + 1 FROM orchestration_run", static row => row.GetInt64(0));
            for (long id = first; id < first + state.runs; id++)
            {
                session.Execute(
                    """
                    INSERT INTO orchestration_run (id, uid, pipeline, version_id, parameters, state, next_seq, open_steps, wake_at, created, urgency, pooled)
                    VALUES (@id, @uid, 'other', @version, x'00', 1, 1, 1, 5, 1, @urgency, 1)
                    """,
                    ("@id", id), ("@uid", id.ToString(CultureInfo.InvariantCulture)), ("@version", state.version), ("@urgency", (long)state.urgency));
                session.Execute(
                    "INSERT INTO orchestration_pool_wait (run_id, pool, urgency, version_id, wake_at) VALUES (@id, @pool, @urgency, @version, 5)",
                    ("@id", id), ("@pool", state.pool), ("@version", state.version), ("@urgency", (long)state.urgency));
            }

            return session.Execute("INSERT INTO orchestration_pool (name, slots) VALUES (@pool, 1) ON CONFLICT (name) DO NOTHING", ("@pool", state.pool));
        });

    private async Task<long> ClaimAsync()
    {
        StatementCounter counter = await StatementCounter.AttachAsync(_database!);
        Assert.That(await _pipelines!.Store.ClaimAsync("w", 1, default), Has.Count.EqualTo(1));
        return counter.Steps;
    }

    /// <summary>The steps of SQLite's machine that statements of this process take, ten times over.</summary>
    private async Task<long> CountAsync(Func<OrchestrationSql, string[]> choose)
    {
        string[] statements = choose(new OrchestrationSql(_database!.Dialect, (await _pipelines!.RegisterAsync()).Ids));
        StatementCounter counter = await StatementCounter.AttachAsync(_database!);
        await _database!.WriteAsync(statements, static (session, statements) =>
        {
            for (int i = 0; i < 10; i++)
            {
                foreach (string statement in statements)
                {
                    session.Query(statement, static row => row.FieldCount, Arguments(statement));
                }
            }

            return 0;
        });
        return counter.Steps;
    }

    private static (string, SqlValue)[] Arguments(string statement)
    {
        (string Name, SqlValue Value)[] known = [("@run", 1L), ("@urgency", 1L), ("@version", 1L), ("@now", 10L), ("@count", 1L)];
        return [.. known.Where(argument => statement.Contains(argument.Name, StringComparison.Ordinal))];
    }

    private async Task<string> ExplainAsync(string statement) => string.Join(
        '\n', await _database!.QueryAsync("EXPLAIN QUERY PLAN " + statement, static row => row.GetString(3), CancellationToken.None, Arguments(statement)));
}
