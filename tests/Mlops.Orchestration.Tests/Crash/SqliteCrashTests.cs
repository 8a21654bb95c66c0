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

    protected override Task CheckFilesAsync(Database database, CancellationToken cancellationToken) => SqliteFile.CheckAsync(database, cancellationToken);
}
