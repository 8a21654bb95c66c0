namespace Mlops.Storage;

/// <summary>Files that one caller at a time writes, on this machine.</summary>
internal static class ExclusiveFile
{
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;

    /// <summary>Opens the file for reading and writing, unbuffered, or throws an exception that <see cref="IsHeld"/> knows.</summary>
    /// <remarks>
    /// Windows lets a held file be deleted only with FileShare.Delete, which elsewhere would make the lock a shared one.
    /// </remarks>
    public static FileStream Open(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
    });

    /// <summary>Whether opening failed because another caller has the file open.</summary>
    public static bool IsHeld(Exception exception) =>
        exception is IOException and not (FileNotFoundException or DirectoryNotFoundException)
        && exception.HResult == (OperatingSystem.IsWindows() ? WindowsSharingViolation : OperatingSystem.IsMacOS() ? MacWouldBlock : LinuxWouldBlock);
}
