using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>What goes on although another transaction holds a row; where writers are serialised there is nothing to hold.</summary>
internal sealed class PostgreSqlHeldRowTests : StoreTests
{
    private string _connectionString = "";

    protected override Database Create(string folder) => new PostgreSqlDatabase(_connectionString = PostgreSqlServer.CreateDatabase());

    [Test]
    public async Task A_step_takes_a_result_from_a_run_that_another_transaction_holds()
    {
        Pipelines pipelines = Work(static p => p.Approval("b", p.Step("a", static _ => Task.FromResult(7)).WithCache(new CachePolicy { UsesParameters = false }), static _ => "Go on?"));
        PipelineRun maker = await StartAsync(pipelines, 1);
        await SeeAsync<ApprovalRequested>(pipelines, maker.Id);
        await using Held held = await HoldAsync(session => RunTransaction.Lock(session, new OrchestrationSql(session.Dialect, []), null, maker.Id, 0));

        PipelineRun taker = await StartAsync(pipelines, 2);

        // Two runs that take from each other at once would else wait in a circle.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await SeeAsync<ApprovalRequested>(pipelines, taker.Id, limit.Token);
        Assert.That((await taker.ExplainCacheAsync("a"))!.FromRun, Is.EqualTo(maker.Id));
    }

    [Test]
    public async Task A_purge_passes_over_a_key_of_the_cache_that_is_held()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await Database.WriteAsync(0, static (session, _) => session.Execute(
            "INSERT INTO orchestration_cache_flight (cache_key, run_id, step_key, epoch) VALUES ('held', 1, 'a', 1), ('left', 1, 'a', 1)"));
        await using (await HoldAsync(static session =>
            session.Query("SELECT cache_key FROM orchestration_cache_flight WHERE cache_key = 'held' FOR UPDATE", static row => row.GetString(0))))
        {
            await pipelines.PurgeAsync(TimeSpan.Zero).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.That(await ListKeysAsync(), Is.EqualTo((string[])["held"]));
        }

        await pipelines.PurgeAsync(TimeSpan.Zero);
        Assert.That(await ListKeysAsync(), Is.Empty);
    }

    private ValueTask<List<string>> ListKeysAsync() =>
        Database.QueryAsync("SELECT cache_key FROM orchestration_cache_flight ORDER BY cache_key", static row => row.GetString(0), CancellationToken.None);

    /// <summary>Holds what a transaction has locked, until it is disposed.</summary>
    private async Task<Held> HoldAsync(Action<SqlSession> take)
    {
        var held = new Held(_connectionString, take);
        await held.Taken.WaitAsync(TimeSpan.FromSeconds(60));
        return held;
    }

    private sealed class Held : IAsyncDisposable
    {
        private readonly ManualResetEventSlim _release = new();

        // Of its own: writes of one database that come together share a transaction, and would be held with it.
        private readonly PostgreSqlDatabase _database;
        private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<int> _transaction;

        public Held(string connectionString, Action<SqlSession> take)
        {
            _database = new PostgreSqlDatabase(connectionString);
            _transaction = _database.WriteAsync(0, (session, _) =>
            {
                take(session);
                _taken.TrySetResult();
                _release.Wait();
                return 0;
            });
        }

        public Task Taken => _taken.Task;

        public async ValueTask DisposeAsync()
        {
            _release.Set();
            await _transaction;
            _release.Dispose();
            await _database.DisposeAsync();
        }
    }
}
