using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

internal sealed class SqliteCrashTests : CrashTests
{
    private SqliteFile? _file;

    protected override string Engine => "sqlite";

    protected override string ConnectionString => _file!.ConnectionString;

    [SetUp]
    public void CreateFile() => _file = new SqliteFile();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();

    protected override Database Create() => _file!.Open();

    protected override async Task CheckFilesAsync(Database database, CancellationToken cancellationToken) =>
        Assert.That(await database.QueryAsync("PRAGMA integrity_check", static row => row.GetString(0), cancellationToken), Is.EqualTo((string[])["ok"]));
}
