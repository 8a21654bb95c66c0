using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Orchestration.Tests;

/// <summary>A database file in a folder of its own, removed with it.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-orchestration").FullName;

    public string ConnectionString => Connect(_folder);

    public static Database Open(string folder) => new SqliteDatabase(Connect(folder));

    /// <summary>SQLite's own check of its file.</summary>
    public static async Task CheckAsync(Database database, CancellationToken cancellationToken) =>
        Assert.That(await database.QueryAsync("PRAGMA integrity_check", static row => row.GetString(0), cancellationToken), Is.EqualTo((string[])["ok"]));

    public Database Open() => Open(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Connect(string folder) => $"Data Source={Path.Combine(folder, "test.db")}";
}
