using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Runs, steps and their log in the database. Every race is one conditional statement under the lock of the run's row.</summary>
internal sealed partial class PipelineStore
{
    private readonly Database _database;
    private readonly ILeaseClock _clock;
    private OrchestrationSql _sql;

    public PipelineStore(Database database, ILeaseClock clock)
    {
        _database = database;
        _clock = clock;
        _sql = new OrchestrationSql(database.Dialect, []);
        database.Require(OrchestrationSchema.Migrations);
    }

    /// <summary>Numbers the versions of the pipelines that this process knows, in the order given.</summary>
    public async Task<IReadOnlyList<long>> RegisterAsync(IReadOnlyList<PipelineGraph> graphs, CancellationToken cancellationToken)
    {
        long[] ids = await _database.WriteAsync(
            (_clock, graphs),
            static (session, state) =>
            {
                long now = state._clock.Read(session);
                var ids = new long[state.graphs.Count];
                for (int i = 0; i < ids.Length; i++)
                {
                    ids[i] = Register(session, state.graphs[i], now);
                }

                return ids;
            },
            Durability.Process,
            cancellationToken).ConfigureAwait(false);
        _sql = new OrchestrationSql(_database.Dialect, ids);
        return ids;
    }

    /// <summary>Stores a run and its steps; of a repeated key, returns the run that was stored first.</summary>
    public Task<(long Id, bool Created)> StartAsync(NewRun run, Durability durability, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, run),
            static (session, state) => state.Store.Start(session, state.run),
            durability,
            cancellationToken);

    /// <summary>Ends a run that is not over yet; false when it was over already or does not exist.</summary>
    public Task<bool> CancelAsync(long runId, string reason, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, reason),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                if (run is not { IsRunning: true })
                {
                    return false;
                }

                run.Abandon(PipelineRunState.Cancelled, RunEventKind.RunCancelled, null, state.reason);
                return true;
            },
            Durability.Process,
            cancellationToken);

    private static long Register(SqlSession session, PipelineGraph graph, long now)
    {
        session.Execute(
            """
            INSERT INTO orchestration_version (pipeline, graph_hash, graph, first_seen) VALUES (@pipeline, @hash, @graph, @now)
            ON CONFLICT (pipeline, graph_hash) DO NOTHING
            """,
            ("@pipeline", graph.Pipeline), ("@hash", graph.Hash), ("@graph", graph.ToMermaid()), ("@now", now));
        return session.QueryFirst(
            "SELECT id FROM orchestration_version WHERE pipeline = @pipeline AND graph_hash = @hash",
            static row => row.GetInt64(0),
            ("@pipeline", graph.Pipeline), ("@hash", graph.Hash));
    }

    private (long Id, bool Created) Start(SqlSession session, NewRun run)
    {
        long now = _clock.Read(session);
        long? created = session.QueryFirst(
            """
            INSERT INTO orchestration_run
                (uid, pipeline, version_id, idempotency_key, parameters, trace_parent, state, next_seq, open_steps, created)
            VALUES (@uid, @pipeline, @version, @key, @parameters, @trace, 1, 1, 0, @now)
            ON CONFLICT (pipeline, idempotency_key) DO NOTHING
            RETURNING id
            """,
            static row => (long?)row.GetInt64(0),
            ("@uid", run.Uid), ("@pipeline", run.Graph.Pipeline), ("@version", run.VersionId), ("@key", run.IdempotencyKey),
            ("@parameters", run.Parameters), ("@trace", run.TraceParent), ("@now", now));
        if (created is not { } id)
        {
            return (session.QueryFirst(
                "SELECT id FROM orchestration_run WHERE pipeline = @pipeline AND idempotency_key = @key",
                static row => row.GetInt64(0),
                ("@pipeline", run.Graph.Pipeline), ("@key", run.IdempotencyKey)), false);
        }

        RunTransaction transaction = RunTransaction.Lock(session, _sql, id, now)!;
        transaction.Append(RunEventKind.RunStarted);
        foreach (PipelineNode node in run.Graph.Nodes)
        {
            if (node.IsStatic)
            {
                transaction.Insert(node.Key, node.Key, node.RowOrdinal(), node.Pending, item: null);
            }
        }

        transaction.Close();
        return (id, true);
    }

    private RunTransaction? Lock(SqlSession session, long runId) => RunTransaction.Lock(session, _sql, runId, _clock.Read(session));
}
