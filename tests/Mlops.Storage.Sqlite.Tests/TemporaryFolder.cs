namespace Mlops.Storage.Sqlite.Tests;

/// <summary>One folder for the files of this assembly's tests.</summary>
[SetUpFixture]
public sealed class TemporaryFolder
{
    private static string _path = "";
    private static int _databases;

    public static string NewDatabase() => $"Data Source={Path.Combine(_path, $"{Interlocked.Increment(ref _databases)}.db")}";

    [OneTimeSetUp]
    public void Create() => _path = Directory.CreateTempSubdirectory("mlops-sqlite").FullName;

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_path, recursive: true);
}
