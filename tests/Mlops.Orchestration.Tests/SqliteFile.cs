using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Orchestration.Tests;

/// <summary>A database file in a folder of its own, removed with it.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-orchestration").FullName;

    public string ConnectionString => $"Data Source={Path.Combine(_folder, "test.db")}";

    public Database Open() => new SqliteDatabase(ConnectionString);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
