using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Announces a worker and the versions it serves, after it has taken its lease.</summary>
    public Task<bool> AnnounceAsync(string worker, IReadOnlyList<long> versions, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (worker, versions),
            static (session, state) =>
            {
                foreach (long version in state.versions)
                {
                    session.Execute(
                        "INSERT INTO orchestration_worker (name, version_id) VALUES (@name, @version) ON CONFLICT (name, version_id) DO NOTHING",
                        ("@name", state.worker), ("@version", version));
                }

                return true;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Other workers that are announced or still own a step, whether they live or not.</summary>
    public ValueTask<List<string>> ListOtherWorkersAsync(string worker, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT name FROM orchestration_worker WHERE name <> @worker
            UNION
            SELECT worker FROM orchestration_step WHERE state = 2 AND worker <> @worker
            ORDER BY 1
            """,
            static row => row.GetString(0),
            cancellationToken,
            ("@worker", worker));

    /// <summary>The runs in which a worker owns steps.</summary>
    public ValueTask<List<long>> ListRunsOfWorkerAsync(string worker, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            "SELECT DISTINCT run_id FROM orchestration_step WHERE state = 2 AND worker = @worker ORDER BY run_id",
            static row => row.GetInt64(0),
            cancellationToken,
            ("@worker", worker));

    /// <summary>Makes the steps of a worker ready again, in one run; the caller holds that worker's lease.</summary>
    public Task<int> ReclaimAsync(long runId, string worker, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, worker),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                if (run is not { IsRunning: true })
                {
                    return 0;
                }

                int reclaimed = run.Reclaim(state.worker);
                run.Close();
                return reclaimed;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Takes a worker off the list once it owns nothing.</summary>
    public Task<int> ForgetWorkerAsync(string worker, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            worker,
            static (session, worker) =>
            {
                // Its lease bears a name that never comes again, so no epoch of it has to be remembered.
                session.Execute("DELETE FROM mlops_lease WHERE name = @name", ("@name", worker));
                return session.Execute("DELETE FROM orchestration_worker WHERE name = @name", ("@name", worker));
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Runs of a pipeline that were started with another graph, which no announced worker serves.</summary>
    public ValueTask<List<long>> ListUnservedRunsAsync(string pipeline, long version, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT r.id FROM orchestration_version v
            JOIN orchestration_run r ON r.version_id = v.id AND r.state = 1
            WHERE v.pipeline = @pipeline AND v.id <> @version
                AND NOT EXISTS (SELECT 1 FROM orchestration_worker w WHERE w.version_id = v.id)
            ORDER BY r.id LIMIT 100
            """,
            static row => row.GetInt64(0),
            cancellationToken,
            ("@pipeline", pipeline), ("@version", version));

    /// <summary>Fails a run whose graph nobody knows any more, unless a worker that knows it has come up meanwhile.</summary>
    public Task<RunEnd?> FailUnservedAsync(long runId, string error, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, runId, error),
            static (session, state) =>
            {
                RunTransaction? run = state.Store.Lock(session, state.runId);
                bool served = session.QueryFirst(
                    "SELECT w.name FROM orchestration_run r JOIN orchestration_worker w ON w.version_id = r.version_id WHERE r.id = @run ORDER BY w.name LIMIT 1",
                    static row => row.GetString(0),
                    ("@run", state.runId)) is not null;
                return !served && run is { IsRunning: true }
                    ? run.Abandon(PipelineRunState.Failed, RunEventKind.RunFailed, RunFailureKind.PipelineChanged, state.error)
                    : null;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>The attempts that a worker owns by the database.</summary>
    public ValueTask<List<(long Run, string Key, long Epoch)>> ListOwnedAsync(string worker, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            "SELECT run_id, step_key, epoch FROM orchestration_step WHERE state = 2 AND worker = @worker ORDER BY run_id, step_key",
            static row => (row.GetInt64(0), row.GetString(1), row.GetInt64(2)),
            cancellationToken,
            ("@worker", worker));
}
