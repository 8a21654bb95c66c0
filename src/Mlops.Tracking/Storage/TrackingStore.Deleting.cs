using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    /// <summary>Deletes a run; false when it was deleted by itself before.</summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<bool> DeleteRunAsync(string runId, long now, CancellationToken cancellationToken) => _database.WriteAsync(
        (runId, now),
        static (session, state) => session.Execute(
            "UPDATE tracking_run SET deleted = @now WHERE id = @id AND deleted IS NULL", ("@now", state.now), ("@id", state.runId)) == 1
            || (FindDeletion(session, state.runId) is null ? throw new RunNotFoundException(state.runId) : false),
        _durability,
        cancellationToken);

    /// <summary>Restores a run; false when it is not deleted.</summary>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    /// <exception cref="ExperimentDeletedException">Its experiment is deleted.</exception>
    public Task<bool> RestoreRunAsync(string runId, CancellationToken cancellationToken) => _database.WriteAsync(
        runId, static (session, runId) => RestoreRun(session, runId), _durability, cancellationToken);

    /// <summary>Deletes an experiment, and with it its runs; false when it was deleted before.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none.</exception>
    public Task<bool> DeleteExperimentAsync(string name, long now, CancellationToken cancellationToken) => SwitchExperimentAsync(
        "UPDATE tracking_experiment SET deleted = @now, changed = @now WHERE name = @name AND deleted IS NULL", name, now, cancellationToken);

    /// <summary>Restores an experiment, and with it its runs; false when it is not deleted.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none.</exception>
    public Task<bool> RestoreExperimentAsync(string name, long now, CancellationToken cancellationToken) => SwitchExperimentAsync(
        "UPDATE tracking_experiment SET deleted = NULL, changed = @now WHERE name = @name AND deleted IS NOT NULL", name, now, cancellationToken);

    private Task<bool> SwitchExperimentAsync(string sql, string name, long now, CancellationToken cancellationToken) => _database.WriteAsync(
        (sql, name, now),
        static (session, state) => session.Execute(state.sql, ("@now", state.now), ("@name", state.name)) == 1
            || (FindExperiment(session, state.name) is null ? throw new ExperimentNotFoundException(state.name) : false),
        _durability,
        cancellationToken);

    private static bool RestoreRun(SqlSession session, string runId)
    {
        int restored = session.Execute(
            """
            UPDATE tracking_run SET deleted = NULL
            WHERE id = @id AND deleted > 0
                AND EXISTS (SELECT 1 FROM tracking_experiment e WHERE e.experiment = tracking_run.experiment AND e.deleted IS NULL)
            """,
            ("@id", runId));
        if (restored == 1)
        {
            return true;
        }

        Deletion deletion = FindDeletion(session, runId) ?? throw new RunNotFoundException(runId);
        return deletion.OfExperiment ? throw new ExperimentDeletedException(deletion.Experiment) : false;
    }

    private static Deletion? FindDeletion(SqlSession session, string runId) => session.QueryFirst(
        $"""
        SELECT e.name, e.deleted FROM tracking_run r JOIN tracking_experiment e ON e.experiment = r.experiment
        WHERE r.id = @id AND {RunLifecycleSql.Kept}
        """,
        static row => new Deletion(row.GetString(0), !row.IsDBNull(1)), ("@id", runId));

    private sealed record Deletion(string Experiment, bool OfExperiment);
}
