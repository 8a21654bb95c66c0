namespace Mlops.Storage;

/// <summary>Files that one caller at a time has open, on this machine, until it closes them or dies. Thread-safe.</summary>
public static class ExclusiveFile
{
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;

    /// <summary>Opens a file for reading and writing, unbuffered. While it is open it can be deleted and renamed, but not opened again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Whether it is to be new.</param>
    /// <exception cref="IOException">It cannot be opened; <see cref="IsHeld"/> says whether because another caller has it open.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static FileStream Open(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,

        // Windows lets a file that is open be deleted or renamed only so, which elsewhere would make the lock a shared one.
        Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
    });

    /// <summary>Whether opening failed because another caller has the file open.</summary>
    /// <param name="exception">What was thrown.</param>
    public static bool IsHeld(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is IOException and not (FileNotFoundException or DirectoryNotFoundException)
            && exception.HResult == (OperatingSystem.IsWindows() ? WindowsSharingViolation : OperatingSystem.IsMacOS() ? MacWouldBlock : LinuxWouldBlock);
    }
}
