using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

public sealed class SqliteStudyTests : StudyConformance
{
    private string _folder = null!;

    [OneTimeSetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;

    [OneTimeTearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    protected override Database Create(string test) => new SqliteDatabase($"Data Source={Path.Combine(_folder, test)}.db");
}
