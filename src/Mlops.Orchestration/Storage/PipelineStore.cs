using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Runs, steps and their log in the database. Every race is one conditional statement under the lock of the run's row.</summary>
internal sealed partial class PipelineStore
{
    private readonly Database _database;
    private readonly ILeaseClock _clock;
    private readonly Outbox? _outbox;
    private OrchestrationSql _sql;

    public PipelineStore(Database database, ILeaseClock clock, Outbox? outbox)
    {
        _database = database;
        _clock = clock;
        _outbox = outbox;
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
    /// <param name="run">The run.</param>
    /// <param name="plan">What it takes over of an earlier run; null for nothing.</param>
    /// <param name="durability">What it survives.</param>
    /// <param name="cancellationToken">Withdraws it while it waits.</param>
    public Task<(long Id, bool Created)> StartAsync(NewRun run, RerunPlan? plan, Durability durability, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, run, plan),
            static (session, state) => state.Store.Start(session, state.run, state.plan),
            durability,
            cancellationToken);

    private static long Register(SqlSession session, PipelineGraph graph, long now)
    {
        session.Execute(
            """
            INSERT INTO orchestration_version (pipeline, graph_hash, graph, edges, first_seen) VALUES (@pipeline, @hash, @graph, @edges, @now)
            ON CONFLICT (pipeline, graph_hash) DO UPDATE SET edges = excluded.edges WHERE orchestration_version.edges IS NULL
            """,
            ("@pipeline", graph.Pipeline), ("@hash", graph.Hash), ("@graph", graph.ToMermaid()), ("@edges", graph.ToEdges()), ("@now", now));
        return session.QueryFirst(
            "SELECT id FROM orchestration_version WHERE pipeline = @pipeline AND graph_hash = @hash",
            static row => row.GetInt64(0),
            ("@pipeline", graph.Pipeline), ("@hash", graph.Hash));
    }

    private (long Id, bool Created) Start(SqlSession session, NewRun run, RerunPlan? plan)
    {
        // Before the row of the new run: who waits here holds nothing.
        if (plan is not null && session.QueryFirst(_sql.KeepRun, static row => (long?)row.GetInt64(0), ("@run", plan.Source.Id)) is null)
        {
            throw new PipelineRunNotFoundException(plan.Source.Id);
        }

        long now = _clock.Read(session);
        long? created = session.QueryFirst(
            """
            INSERT INTO orchestration_run
                (uid, pipeline, version_id, idempotency_key, parameters, trace_parent, state, next_seq, open_steps, created, rerun_of, urgency, cache_use, schedule, only_steps,
                partition_of, partition_start, partition_end, backfill)
            VALUES (@uid, @pipeline, @version, @key, @parameters, @trace, 1, 1, 0, @now, @source, @urgency, @cache, @schedule, @only,
                @partition, @from, @to, @backfill)
            ON CONFLICT (pipeline, idempotency_key) DO NOTHING
            RETURNING id
            """,
            static row => (long?)row.GetInt64(0),
            ("@uid", run.Uid), ("@pipeline", run.Graph.Pipeline), ("@version", run.VersionId), ("@key", run.IdempotencyKey),
            ("@parameters", run.Parameters), ("@trace", run.TraceParent), ("@now", now), ("@source", run.RerunOf), ("@urgency", run.Urgency),
            ("@cache", run.CacheUse), ("@schedule", run.Schedule), ("@only", run.OnlySteps),
            ("@partition", run.PartitionOf), ("@from", Micros(run.Partition?.Start)), ("@to", Micros(run.Partition?.End)), ("@backfill", run.Backfill));
        if (created is not { } id)
        {
            return (FindFirst(session, run), false);
        }

        RunTransaction transaction = RunTransaction.Lock(session, _sql, _outbox, id, now)!;
        transaction.Begin();
        transaction.EnterPools(run.Graph);
        if (plan is null)
        {
            InsertSteps(transaction, run.Graph, run.OnlySteps);
        }
        else
        {
            plan.Insert(transaction);
        }

        transaction.Close();
        return (id, true);
    }

    /// <summary>The run that has the key already.</summary>
    /// <exception cref="IdempotencyConflictException">It is another one than was asked for.</exception>
    private static long FindFirst(SqlSession session, NewRun run)
    {
        (long id, bool isSame) = session.QueryFirst(
            "SELECT id, parameters, rerun_of, only_steps FROM orchestration_run WHERE pipeline = @pipeline AND idempotency_key = @key",
            row => (row.GetInt64(0), row.GetFieldValue<byte[]>(1).AsSpan().SequenceEqual(run.Parameters)
                && (row.IsDBNull(2) ? (long?)null : row.GetInt64(2)) == run.RerunOf && (row.IsDBNull(3) ? null : row.GetString(3)) == run.OnlySteps),
            ("@pipeline", run.Graph.Pipeline), ("@key", run.IdempotencyKey));
        return isSame
            ? id
            : throw new IdempotencyConflictException(
                run.IdempotencyKey!, FormattableString.Invariant($"run {id} of '{run.Graph.Pipeline}', which was started with other parameters, for other steps or from another run"));
    }

    private static long? Micros(DateTimeOffset? time) => time is { } known ? UnixMicroseconds.From(known) : null;

    private static void InsertSteps(RunTransaction run, PipelineGraph graph, string? only)
    {
        HashSet<PipelineNode>? wanted = only is null ? null : graph.NeededFor(only.Split('\n'), nameof(only));
        foreach (PipelineNode node in graph.Nodes.Where(static node => node.IsStatic))
        {
            if (wanted?.Contains(node) == false)
            {
                run.InsertSkipped(node);
            }
            else
            {
                run.Insert(node.Key, node, node.RowOrdinal(), node.Pending, item: null);
            }
        }
    }

    private RunTransaction? Lock(SqlSession session, long runId) => RunTransaction.Lock(session, _sql, _outbox, runId, _clock.Read(session));
}
