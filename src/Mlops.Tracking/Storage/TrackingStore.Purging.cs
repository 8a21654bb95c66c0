using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Removal for good, in steps that each leave the database whole: a run is marked, from when on it cannot be found or restored; its rows go a slice at a
/// time, under the lock that its writers share; its own row goes last. Whoever comes next goes on with what is marked.
/// </summary>
internal sealed partial class TrackingStore
{
    // In place of the time of the deletion.
    private const long Removing = 0;

    // Of one transaction; rows that hold points count for as many as they take the time of.
    private const int RowsPerSlice = 1_024;
    private const int RowsPerBlock = 16;

    // Each removes at most @rows rows of @run. What tables refer to comes after them; the last one frees the children.
    private static readonly (string Sql, int Weight)[] Slices =
    [
        ("DELETE FROM tracking_block WHERE run = @run AND block IN (SELECT block FROM tracking_block WHERE run = @run ORDER BY block LIMIT @rows)", RowsPerBlock),
        ("DELETE FROM tracking_chunk WHERE chunk IN (SELECT chunk FROM tracking_chunk WHERE run = @run ORDER BY metric, first_step, chunk LIMIT @rows)", RowsPerBlock),
        ("DELETE FROM tracking_series WHERE run = @run AND metric IN (SELECT metric FROM tracking_series WHERE run = @run ORDER BY metric LIMIT @rows)", 1),
        ("DELETE FROM tracking_parameter WHERE run = @run AND name IN (SELECT name FROM tracking_parameter WHERE run = @run ORDER BY name LIMIT @rows)", 1),
        ("DELETE FROM tracking_tag WHERE run = @run AND name IN (SELECT name FROM tracking_tag WHERE run = @run ORDER BY name LIMIT @rows)", 1),
        ("""
         DELETE FROM tracking_input_tag WHERE run = @run AND (dataset, context, name) IN
            (SELECT dataset, context, name FROM tracking_input_tag WHERE run = @run ORDER BY dataset, context, name LIMIT @rows)
         """, 1),
        ("DELETE FROM tracking_writer WHERE run = @run AND writer IN (SELECT writer FROM tracking_writer WHERE run = @run ORDER BY writer LIMIT @rows)", 1),
        ("UPDATE tracking_run SET parent = NULL WHERE run IN (SELECT run FROM tracking_run WHERE parent = @run ORDER BY started, run LIMIT @rows)", 1),
    ];

    private static readonly LockingSql MarkedRun = new("SELECT run FROM tracking_run WHERE run = @run AND deleted = 0{lock}", LockingSql.Update);

    private static readonly LockingSql ExpiredExperiment = new(
        "SELECT experiment FROM tracking_experiment WHERE experiment = @experiment AND deleted <= @before{lock}", LockingSql.Update);

    private static readonly LockingSql UnusedDataset = new("SELECT dataset FROM tracking_dataset WHERE dataset = @dataset{lock}", LockingSql.Update);

    /// <summary>Runs that are marked, by this process or one that ended before it was done.</summary>
    public ValueTask<List<long>> FindMarkedRunsAsync(int take, CancellationToken cancellationToken) => _database.QueryAsync(
        "SELECT run FROM tracking_run WHERE deleted = 0 ORDER BY run LIMIT @take",
        static row => row.GetInt64(0), cancellationToken, ("@take", take));

    /// <summary>Marks runs that were deleted by themselves until then; how many.</summary>
    public Task<int> MarkRunsAsync(long before, int take, CancellationToken cancellationToken) => _database.WriteAsync(
        (before, take),
        static (session, state) => session.Execute(
            """
            UPDATE tracking_run SET deleted = 0, idempotency_key = NULL
            WHERE deleted > 0 AND deleted <= @before AND run IN
                (SELECT run FROM tracking_run WHERE deleted > 0 AND deleted <= @before ORDER BY deleted, run LIMIT @take)
            """,
            ("@before", state.before), ("@take", state.take)),
        _durability,
        cancellationToken);

    /// <summary>Experiments that were deleted until then.</summary>
    public ValueTask<List<long>> FindExpiredExperimentsAsync(long before, CancellationToken cancellationToken) => _database.QueryAsync(
        "SELECT experiment FROM tracking_experiment WHERE deleted <= @before ORDER BY experiment",
        static row => row.GetInt64(0), cancellationToken, ("@before", before));

    /// <summary>Marks runs of an experiment unless it was restored meanwhile; how many.</summary>
    public Task<int> MarkRunsAsync(long experiment, long before, int take, CancellationToken cancellationToken) => _database.WriteAsync(
        (experiment, before, take),
        static (session, state) => IsExpired(session, state.experiment, state.before)
            ? session.Execute(
                """
                UPDATE tracking_run SET deleted = 0, idempotency_key = NULL
                WHERE COALESCE(deleted, 1) > 0 AND run IN
                    (SELECT run FROM tracking_run WHERE experiment = @experiment AND COALESCE(deleted, 1) > 0 ORDER BY started, run LIMIT @take)
                """,
                ("@experiment", state.experiment), ("@take", state.take))
            : 0,
        _durability,
        cancellationToken);

    /// <summary>Removes a slice of a marked run; true when nothing of it is left.</summary>
    public Task<bool> RemoveSliceAsync(long run, CancellationToken cancellationToken) => _database.WriteAsync(
        run, static (session, run) => RemoveSlice(session, run), _durability, cancellationToken);

    /// <summary>Removes an experiment, unless it was restored meanwhile or has runs; datasets went with the last run that read them.</summary>
    public Task<bool> RemoveExperimentAsync(long experiment, long before, CancellationToken cancellationToken) => _database.WriteAsync(
        (experiment, before), static (session, state) => RemoveExperiment(session, state.experiment, state.before), _durability, cancellationToken);

    private static bool RemoveSlice(SqlSession session, long run)
    {
        if (session.QueryFirst(MarkedRun.For(session), static row => (long?)row.GetInt64(0), ("@run", run)) is null)
        {
            // Another was quicker.
            return true;
        }

        int left = RowsPerSlice;
        left -= RemoveArtifacts(session, run, left);
        left -= left > 0 ? RemoveInputs(session, run, left) : 0;
        foreach ((string sql, int weight) in Slices)
        {
            if (left < weight)
            {
                return false;
            }

            left -= weight * session.Execute(sql, ("@run", run), ("@rows", left / weight));
        }

        if (left <= 0)
        {
            return false;
        }

        session.Execute("DELETE FROM tracking_tail WHERE run = @run", ("@run", run));
        session.Execute("DELETE FROM tracking_run WHERE run = @run", ("@run", run));
        return true;
    }

    private static int RemoveArtifacts(SqlSession session, long run, int take)
    {
        List<string> names = session.Query(
            "SELECT name FROM tracking_artifact WHERE run = @run ORDER BY name LIMIT @take",
            static row => row.GetString(0), ("@run", run), ("@take", take));
        foreach (string name in names)
        {
            RemoveReference(session, run, name);
            session.Execute("DELETE FROM tracking_artifact WHERE run = @run AND name = @name", ("@run", run), ("@name", name));
        }

        return names.Count;
    }

    /// <summary>Removes what the run read, and datasets that no run is left of that read them.</summary>
    private static int RemoveInputs(SqlSession session, long run, int take)
    {
        List<(long Dataset, string Context)> inputs = session.Query(
            "SELECT dataset, context FROM tracking_input WHERE run = @run ORDER BY dataset, context LIMIT @take",
            static row => (row.GetInt64(0), row.GetString(1)), ("@run", run), ("@take", take));
        foreach ((long dataset, string context) in inputs)
        {
            session.Execute(
                "DELETE FROM tracking_input WHERE run = @run AND dataset = @dataset AND context = @context",
                ("@run", run), ("@dataset", dataset), ("@context", context));
        }

        foreach (long dataset in inputs.Select(static input => input.Dataset).Distinct())
        {
            // The lock first, and the look in a statement of its own: it sees what was committed until the lock was had.
            session.QueryFirst(UnusedDataset.For(session), static row => row.GetInt64(0), ("@dataset", dataset));
            session.Execute(
                """
                DELETE FROM tracking_dataset
                WHERE dataset = @dataset AND NOT EXISTS (SELECT 1 FROM tracking_input i WHERE i.dataset = tracking_dataset.dataset)
                """,
                ("@dataset", dataset));
        }

        return inputs.Count;
    }

    private static bool RemoveExperiment(SqlSession session, long experiment, long before)
    {
        if (!IsExpired(session, experiment, before)
            || session.QueryFirst("SELECT 1 FROM tracking_run WHERE experiment = @experiment LIMIT 1", static _ => true, ("@experiment", experiment)))
        {
            return false;
        }

        session.Execute("DELETE FROM tracking_experiment_tag WHERE experiment = @experiment", ("@experiment", experiment));
        session.Execute("DELETE FROM tracking_experiment WHERE experiment = @experiment", ("@experiment", experiment));
        return true;
    }

    private static bool IsExpired(SqlSession session, long experiment, long before) => session.QueryFirst(
        ExpiredExperiment.For(session), static _ => true, ("@experiment", experiment), ("@before", before));
}
