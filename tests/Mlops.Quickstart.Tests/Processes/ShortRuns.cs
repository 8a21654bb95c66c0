namespace Quickstart.Tests;

/// <summary>Undisturbed runs that several fixtures compare with; each is made once.</summary>
[SetUpFixture]
public sealed class ShortRuns
{
    private static TemporaryFolder? _folder;
    private static Lazy<Task<string>>? _earlier;
    private static Lazy<Task<string>>? _later;

    /// <summary>Folder of the run until <see cref="ShortData.Earlier"/>. Only to be read or copied.</summary>
    internal static Task<string> EarlierAsync() => _earlier!.Value;

    /// <summary>Folder of the run until <see cref="ShortData.Later"/>. Only to be read or copied.</summary>
    internal static Task<string> LaterAsync() => _later!.Value;

    internal static string EarlierData => _folder!.PathTo("earlier.csv");

    internal static string LaterData => _folder!.PathTo("later.csv");

    internal static byte[] ResultOf(string folder) => File.ReadAllBytes(Path.Combine(folder, "result.json"));

    /// <summary>A copy that may be gone on with.</summary>
    internal static void Copy(string folder, string to)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    [OneTimeSetUp]
    public void WriteData()
    {
        _folder = new TemporaryFolder();
        File.WriteAllLines(EarlierData, ShortData.Until(ShortData.Earlier));
        File.WriteAllLines(LaterData, ShortData.Until(ShortData.Later));
        _earlier = new(static () => RunAsync(EarlierData, "earlier"));
        _later = new(static () => RunAsync(LaterData, "later"));
    }

    [OneTimeTearDown]
    public void DeleteFolder() => _folder?.Dispose();

    private static async Task<string> RunAsync(string data, string name)
    {
        string folder = _folder!.PathTo(name);
        await QuickstartProcess.ReplayAsync(data, folder);
        return folder;
    }
}
