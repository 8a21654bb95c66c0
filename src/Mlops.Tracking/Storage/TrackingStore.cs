using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The SQL of tracking, for both engines. Thread-safe.</summary>
internal sealed partial class TrackingStore
{
    // What MapRun reads, of a run r, its experiment e and its parent p.
    internal const string RunColumnList =
        "r.run, r.id, e.name, r.name, p.id, r.status, r.started, r.ended, r.dropped, r.experiment, COALESCE(r.deleted, e.deleted), r.lost";
    internal const int RunColumnCount = 12;

    // Of an experiment that is not deleted before this transaction ends.
    private static readonly LockingSql InsertRun = new(
        """
        INSERT INTO tracking_run (id, experiment, parent, name, status, started, dropped, idempotency_key, owner, environment)
        SELECT @id, e.experiment, @parent, @name, @status, @started, 0, @key, @owner, @environment
        FROM tracking_experiment e
        WHERE e.name = @experiment AND e.deleted IS NULL{lock}
        ON CONFLICT (idempotency_key) DO NOTHING
        RETURNING run, experiment
        """,
        LockingSql.Share);

    private readonly Database _database;
    private readonly Durability _durability;
    private readonly Outbox? _outbox;
    private readonly ArtifactCatalog? _artifacts;
    private readonly TimeProvider _time;

    public TrackingStore(
        Database database, Durability durability, Outbox? outbox = null, ArtifactCatalog? artifacts = null, TimeProvider? time = null, int rememberedKeys = RememberedKeys)
    {
        _metricKeys = new MetricKeys(rememberedKeys);
        _database = database;
        _durability = durability;
        _outbox = outbox;
        _artifacts = artifacts;
        _time = time ?? TimeProvider.System;
        database.Require(TrackingSchema.Migrations);
    }

    private ArtifactCatalog Artifacts => _artifacts ?? throw new InvalidOperationException("This store was created without artifacts.");

    /// <summary>Starts the run, or returns the run that was started with the same idempotency key.</summary>
    /// <exception cref="RunNotFoundException">The parent does not exist.</exception>
    /// <exception cref="ExperimentDeletedException">The experiment is deleted.</exception>
    /// <exception cref="RunDeletedException">The run of the key is deleted.</exception>
    public Task<StartedRun> StartRunAsync(NewRun run, CancellationToken cancellationToken) => AnnouncedAsync(_database.WriteAsync(
        (Store: this, run),
        static (session, state) =>
        {
            // The lease first: a reaper that waits for its row sees the run as one of a live owner.
            Lease? lease = state.run.Claim?.Hold(session);
            RunRow row = Start(session, state.run, out bool isTransition);
            if (isTransition)
            {
                state.Store.Announce(session, row.Key, row.Id == state.run.Id ? null : state.run.Claim?.Clock.Read(session));
            }

            return new StartedRun(row, lease);
        },
        _durability, cancellationToken));

    /// <param name="session">The write's session.</param>
    /// <param name="run">What starts.</param>
    /// <param name="isTransition">Whether the run is running now and was not before.</param>
    private static RunRow Start(SqlSession session, NewRun run, out bool isTransition)
    {
        if (run.IdempotencyKey is not null && FindFirst(session, run) is { } first)
        {
            return TakeOver(session, first, run.Claim, out isTransition);
        }

        // At once where the experiment is there, as most often.
        (long Run, long Experiment)? inserted = run.ParentId is null ? Insert(session, run, null) : null;
        if (inserted is null)
        {
            RequireExperiment(session, run.Experiment, run.Asked);
            inserted = Insert(session, run, run.ParentId is { } parentId ? RequireParent(session, parentId) : null);
        }

        if (inserted is not (long number, long experiment))
        {
            // Another writer committed the key between the look and the insert.
            return TakeOver(session, FindFirst(session, run)!, run.Claim, out isTransition);
        }

        session.Execute(
            """
            INSERT INTO tracking_tail (run, next_block, fresh_blocks, fresh_points, merged_points, packings)
            VALUES (@run, 0, 0, 0, 0, 0)
            """,
            ("@run", number));
        foreach ((string name, string value) in run.Tags)
        {
            SetTag(session, number, name, value);
        }

        isTransition = true;
        return new RunRow(number, run.Id, run.Experiment, run.Name, run.ParentId, RunStatus.Running, UnixMicroseconds.From(run.StartTime), null, 0, experiment, null)
        {
            HasEnvironment = run.Environment is not null,
        };
    }

    /// <summary>Inserts the row; null when the experiment does not exist or is deleted, or the key is taken.</summary>
    private static (long Run, long Experiment)? Insert(SqlSession session, NewRun run, long? parent) => session.QueryFirst(
        InsertRun.For(session),
        static row => ((long, long)?)(row.GetInt64(0), row.GetInt64(1)),
        ("@id", run.Id), ("@experiment", run.Experiment), ("@parent", parent), ("@name", run.Name), ("@status", (long)RunStatus.Running),
        ("@started", UnixMicroseconds.From(run.StartTime)), ("@key", run.IdempotencyKey), ("@owner", run.Claim?.Owner), ("@environment", run.Environment));

    /// <summary>The run that the key was used for first.</summary>
    private static RunRow? FindFirst(SqlSession session, NewRun run)
    {
        RunRow? first = FindByIdempotencyKey(session, run.IdempotencyKey!);
        if (first is not null && first.Experiment != run.Experiment)
        {
            throw new IdempotencyConflictException(run.IdempotencyKey!, $"run {first.Id} of experiment '{first.Experiment}'");
        }

        return first?.Deleted is { } deleted ? throw new RunDeletedException(first.Id, UnixMicroseconds.ToTime(deleted)) : first;
    }

    private static RunRow? FindByIdempotencyKey(SqlSession session, string key) => session.QueryFirst(
        $"""
        SELECT {RunColumnList}
        FROM tracking_run r
        JOIN tracking_experiment e ON e.experiment = r.experiment
        LEFT JOIN tracking_run p ON p.run = r.parent
        WHERE r.idempotency_key = @key
        """,
        MapRun, ("@key", key));
}
