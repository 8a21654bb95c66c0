using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

/// <summary>A SQLite database in a folder of its own, removed with the object.</summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;

    public SqliteFile(TimeProvider? clock = null) => Database = new SqliteDatabase($"Data Source={Path}", timeProvider: clock);

    public string Path => System.IO.Path.Combine(_folder, "studies.db");

    public SqliteDatabase Database { get; }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
