using System.Runtime.InteropServices;

namespace Mlops.Storage;

/// <summary>Makes a rename or a new folder survive loss of power: the entry belongs to the folder, not to the file.</summary>
public static partial class DirectorySync
{
    private const int Interrupted = 4;

    /// <summary>Does nothing on Windows, where NTFS journals its folders and offers no such call.</summary>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw Failure(folder, Marshal.GetLastPInvokeError());
        }

        try
        {
            while (Fsync(descriptor) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != Interrupted)
                {
                    throw Failure(folder, error);
                }
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string folder, int error) => new($"Flushing the folder '{folder}': {Marshal.GetPInvokeErrorMessage(error)}.", error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
