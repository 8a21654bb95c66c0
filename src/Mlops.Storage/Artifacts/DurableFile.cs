using System.Runtime.InteropServices;

namespace Mlops.Storage;

/// <summary>Makes a rename survive loss of power: POSIX asks for the directory to be synchronised too.</summary>
internal static partial class DurableFile
{
    private const int ReadOnly = 0;

    public static void SynchronizeDirectory(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals the rename; a directory cannot be flushed.
        }

        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"Opening the folder '{folder}' to synchronise it failed with error {Marshal.GetLastPInvokeError()}.");
        }

        try
        {
            if (Fsync(descriptor) != 0)
            {
                throw new IOException($"Synchronising the folder '{folder}' failed with error {Marshal.GetLastPInvokeError()}.");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
