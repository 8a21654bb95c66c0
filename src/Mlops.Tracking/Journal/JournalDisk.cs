using Microsoft.Win32.SafeHandles;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>How what a journal writes gets to the disk; tests that watch the order bring their own.</summary>
internal sealed record JournalDisk(Action<SafeFileHandle> FlushFile, Action<string> FlushFolder)
{
    private static readonly JournalDisk Cache = new(static _ => { }, static _ => { });
    private static readonly JournalDisk Platter = new(RandomAccess.FlushToDisk, DirectorySync.Flush);

    /// <summary>At level Process the operating system's cache is enough: it outlives the process.</summary>
    public static JournalDisk Of(Durability durability) => durability == Durability.Power ? Platter : Cache;

    /// <summary>Creates a folder and those above it that are missing. Its name may be new even if it exists: another process may just have made it.</summary>
    public void CreateFolder(string folder)
    {
        string path = Path.GetFullPath(folder);
        string? parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path));
        if (!Directory.Exists(path))
        {
            if (parent is not null && !Directory.Exists(parent))
            {
                CreateFolder(parent);
            }

            Directory.CreateDirectory(path);
        }

        if (parent is not null)
        {
            FlushFolder(parent);
        }
    }
}
