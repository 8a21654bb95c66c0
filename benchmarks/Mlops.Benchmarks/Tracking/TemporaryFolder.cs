using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Tracking;

/// <summary>A folder with a database of its own, gone when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;

    public SqliteDatabase Open() => new($"Data Source={Path.Combine(_path, "tracking.db")}");

    public Tracker Track(Database database) =>
        new(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(_path, "artifacts"))));

    public async Task<long> PayloadBytesAsync(SqliteDatabase database) => (await database.QueryAsync(
        "SELECT (SELECT sum(length(payload)) FROM tracking_chunk), (SELECT sum(length(payload)) FROM tracking_block)",
        static row => (row.IsDBNull(0) ? 0 : row.GetInt64(0)) + (row.IsDBNull(1) ? 0 : row.GetInt64(1)), CancellationToken.None))[0];

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
