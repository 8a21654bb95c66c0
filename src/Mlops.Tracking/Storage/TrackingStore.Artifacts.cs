using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private static readonly Func<DbDataReader, RunArtifact> MapArtifact = static row => new RunArtifact(
        row.GetString(0), new ContentHash(row.GetFieldValue<byte[]>(1)), row.GetInt64(2), UnixMicroseconds.ToTime(row.GetInt64(3)));

    /// <summary>Names an uploaded artifact within a run; what had the name before is given up.</summary>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task SetArtifactAsync(string runId, RunArtifact artifact, CancellationToken cancellationToken) => _database.WriteAsync(
        (runId, artifact), static (session, state) => SetArtifact(session, state.runId, state.artifact), Durability.Power, cancellationToken);

    /// <summary>Gives up what has the name within a run; false when nothing has.</summary>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<bool> RemoveArtifactAsync(string runId, string name, CancellationToken cancellationToken) => _database.WriteAsync(
        (runId, name), static (session, state) => RemoveArtifact(session, state.runId, state.name), _durability, cancellationToken);

    public async ValueTask<RunArtifact?> FindArtifactAsync(long run, string name, CancellationToken cancellationToken)
    {
        List<RunArtifact> found = await _database.QueryAsync(
            "SELECT name, hash, length, created FROM tracking_artifact WHERE run = @run AND name = @name",
            MapArtifact, cancellationToken, ("@run", run), ("@name", name)).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public ValueTask<List<RunArtifact>> ListArtifactsAsync(long run, CancellationToken cancellationToken) => _database.QueryAsync(
        "SELECT name, hash, length, created FROM tracking_artifact WHERE run = @run ORDER BY name",
        MapArtifact, cancellationToken, ("@run", run));

    private static bool SetArtifact(SqlSession session, string runId, RunArtifact artifact)
    {
        long run = LockForArtifacts(session, runId);
        RemoveReference(session, run, artifact.Name);
        ArtifactCatalog.AddReference(session, artifact.Hash, ArtifactOwner(run, artifact.Name));
        session.Execute(
            """
            INSERT INTO tracking_artifact (run, name, hash, length, created) VALUES (@run, @name, @hash, @length, @created)
            ON CONFLICT (run, name) DO UPDATE SET hash = excluded.hash, length = excluded.length, created = excluded.created
            """,
            ("@run", run), ("@name", artifact.Name), ("@hash", artifact.Hash.ToArray()),
            ("@length", artifact.Length), ("@created", UnixMicroseconds.From(artifact.Time)));
        return true;
    }

    private static bool RemoveArtifact(SqlSession session, string runId, string name)
    {
        long run = LockForArtifacts(session, runId);
        return RemoveReference(session, run, name)
            && session.Execute("DELETE FROM tracking_artifact WHERE run = @run AND name = @name", ("@run", run), ("@name", name)) == 1;
    }

    /// <summary>The run's row orders writers of the same name: what was there is read and given up under its lock.</summary>
    private static long LockForArtifacts(SqlSession session, string runId)
    {
        long run = RequireWritable(session, runId).Run;
        session.Execute("UPDATE tracking_run SET status = status WHERE run = @run", ("@run", run));
        return run;
    }

    private static bool RemoveReference(SqlSession session, long run, string name)
    {
        byte[]? hash = session.QueryFirst(
            "SELECT hash FROM tracking_artifact WHERE run = @run AND name = @name",
            static row => row.GetFieldValue<byte[]>(0), ("@run", run), ("@name", name));
        if (hash is null)
        {
            return false;
        }

        ArtifactCatalog.RemoveReference(session, new ContentHash(hash), ArtifactOwner(run, name));
        return true;
    }

    private static string ArtifactOwner(long run, string name) => string.Create(CultureInfo.InvariantCulture, $"tracking/run/{run}/{name}");
}
