using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private static readonly LockingSql WritableRun = new(
        """
        SELECT r.run, r.experiment, r.deleted, e.deleted
        FROM tracking_run r JOIN tracking_experiment e ON e.experiment = r.experiment
        WHERE r.id = @id{lock}
        """,
        LockingSql.KeepRun);

    private static readonly LockingSql Parent = new($"SELECT r.run FROM tracking_run r WHERE r.id = @id AND {RunLifecycleSql.Kept}{{lock}}", LockingSql.KeepRun);

    private const string UpdateAnyStatus =
        """
        UPDATE tracking_run SET
            status = COALESCE(@status, status),
            ended = CASE WHEN @status = @running THEN @ended WHEN @status IS NULL THEN COALESCE(@ended, ended) ELSE COALESCE(@ended, ended, @now) END,
            name = COALESCE(@name, name),
            lost = CASE WHEN @status IS NULL THEN lost ELSE 0 END
        WHERE run = @run
        """;

    private const string UpdateOtherStatus = UpdateAnyStatus + " AND status <> @status";
    private const string UpdateSameStatus = UpdateAnyStatus + " AND status = @status";

    /// <summary>Appends a batch to the run of its id, whole or not at all. A parameter that has another value refuses all of it.</summary>
    /// <returns>The run, and whether it should be packed.</returns>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    /// <exception cref="ParameterConflictException">Parameters have other values.</exception>
    public Task<(long Run, AppendOutcome Outcome)> LogAsync(RunBatch batch, CancellationToken cancellationToken) =>
        _database.WriteAsync(batch, static (session, batch) => Log(session, batch), _durability, cancellationToken);

    /// <summary>Changes the columns that are given.</summary>
    /// <returns>The run, and how many of its blocks are not packed.</returns>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<(long Run, long FreshBlocks)> UpdateRunAsync(
        string runId, RunStatus? status, long? ended, string? name, long now, CancellationToken cancellationToken) => AnnouncedAsync(_database.WriteAsync(
        (Store: this, runId, status, ended, name, now),
        static (session, state) =>
        {
            (long run, long freshBlocks, bool isTransition) = UpdateRun(session, state.runId, state.status, state.ended, state.name, state.now);
            if (isTransition)
            {
                state.Store.Announce(session, run);
            }

            return (run, freshBlocks);
        },
        _durability,
        cancellationToken));

    /// <summary>Removes a tag; false when the run has none of that key.</summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<bool> RemoveTagAsync(string runId, string key, CancellationToken cancellationToken) => _database.WriteAsync(
        (runId, key),
        static (session, state) => session.Execute(
            "DELETE FROM tracking_tag WHERE run = @run AND name = @name",
            ("@run", RequireWritable(session, state.runId).Run), ("@name", state.key)) == 1,
        _durability,
        cancellationToken);

    private static (long Run, AppendOutcome Outcome) Log(SqlSession session, RunBatch batch)
    {
        (long run, long experiment) = RequireWritable(session, batch.RunId);
        AppendOutcome outcome = Append(session, batch with { Run = run });
        if (outcome.Conflict is { } conflict)
        {
            throw conflict;
        }

        foreach (DatasetInput dataset in batch.Datasets)
        {
            AddInput(session, run, experiment, dataset, batch.Time);
        }

        return (run, outcome);
    }

    private static (long Run, long FreshBlocks, bool IsTransition) UpdateRun(SqlSession session, string runId, RunStatus? status, long? ended, string? name, long now)
    {
        long run = RequireWritable(session, runId).Run;
        bool isTransition = false;
        if (status is null)
        {
            Update(UpdateAnyStatus);
        }
        else
        {
            // Of several that set it at once, one finds it changed by another: the condition is looked at under the row's lock.
            while (!(isTransition = Update(UpdateOtherStatus)) && !Update(UpdateSameStatus))
            {
            }
        }

        if (name is not null)
        {
            session.Execute(
                "UPDATE tracking_tag SET value = @value WHERE run = @run AND name = @name", ("@value", name), ("@run", run), ("@name", RunTags.Name));
        }

        long fresh = session.QueryFirst("SELECT fresh_blocks FROM tracking_tail WHERE run = @run", static row => row.GetInt64(0), ("@run", run));
        return (run, fresh, isTransition);

        bool Update(string sql) => session.Execute(
            sql, ("@status", (long?)status), ("@running", (long)RunStatus.Running), ("@ended", ended), ("@now", now), ("@name", name), ("@run", run)) == 1;
    }

    /// <summary>
    /// The run and its experiment, which nobody removes for good before this transaction ends. A write that overlaps a deletion comes before it.
    /// </summary>
    private static (long Run, long Experiment) RequireWritable(SqlSession session, string runId)
    {
        (long Run, long Experiment, long? Deleted, long? ExperimentDeleted)? found = session.QueryFirst(
            WritableRun.For(session),
            static row => ((long, long, long?, long?)?)(
                row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3)),
            ("@id", runId));
        if (found is not { } run || run.Deleted == Removing)
        {
            throw new RunNotFoundException(runId);
        }

        return (run.Deleted ?? run.ExperimentDeleted) is { } deleted
            ? throw new RunDeletedException(runId, UnixMicroseconds.ToTime(deleted))
            : (run.Run, run.Experiment);
    }

    private static long RequireParent(SqlSession session, string runId) =>
        session.QueryFirst(Parent.For(session), static row => (long?)row.GetInt64(0), ("@id", runId)) ?? throw new RunNotFoundException(runId);
}
