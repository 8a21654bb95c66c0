using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private static readonly Func<DbDataReader, RunArtifact> MapArtifact = static row => new RunArtifact(
        row.GetString(0), new ContentHash(row.GetFieldValue<byte[]>(1)), row.GetInt64(2), UnixTime.ToTime(row.GetInt64(3)));

    /// <summary>Names an uploaded artifact within a run; what had the name before is given up.</summary>
    public Task SetArtifactAsync(long run, RunArtifact artifact, CancellationToken cancellationToken) => _database.WriteAsync(
        (run, artifact), static (session, state) => SetArtifact(session, state.run, state.artifact), Durability.Power, cancellationToken);

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

    private static bool SetArtifact(SqlSession session, long run, RunArtifact artifact)
    {
        // The run's row orders writers of the same name: the one before is read and given up under its lock.
        session.Execute("UPDATE tracking_run SET status = status WHERE run = @run", ("@run", run));
        byte[]? before = session.QueryFirst(
            "SELECT hash FROM tracking_artifact WHERE run = @run AND name = @name",
            static row => row.GetFieldValue<byte[]>(0), ("@run", run), ("@name", artifact.Name));
        string owner = string.Create(CultureInfo.InvariantCulture, $"tracking/run/{run}/{artifact.Name}");
        if (before is not null)
        {
            ArtifactCatalog.RemoveReference(session, new ContentHash(before), owner);
        }

        ArtifactCatalog.AddReference(session, artifact.Hash, owner);
        session.Execute(
            """
            INSERT INTO tracking_artifact (run, name, hash, length, created) VALUES (@run, @name, @hash, @length, @created)
            ON CONFLICT (run, name) DO UPDATE SET hash = excluded.hash, length = excluded.length, created = excluded.created
            """,
            ("@run", run), ("@name", artifact.Name), ("@hash", artifact.Hash.ToArray()),
            ("@length", artifact.Length), ("@created", UnixTime.From(artifact.Time)));
        return true;
    }
}
