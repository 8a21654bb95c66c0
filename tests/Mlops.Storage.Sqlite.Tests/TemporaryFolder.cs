namespace Mlops.Storage.Sqlite.Tests;

/// <summary>One folder for the files of this process's tests, removed when it ends.</summary>
public static class TemporaryFolder
{
    private static readonly Lazy<string> Path = new(Create);
    private static int _databases;

    public static string NewDatabase() => $"Data Source={System.IO.Path.Combine(Path.Value, $"{Interlocked.Increment(ref _databases)}.db")}";

    private static string Create()
    {
        string path = Directory.CreateTempSubdirectory("mlops-sqlite").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(path, recursive: true);
        return path;
    }
}
