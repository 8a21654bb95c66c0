using System.Diagnostics;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>
/// Takes the right to write to a folder away until it is disposed. Permissions bind everybody but root, for whom the folder is made
/// immutable; where the file system offers neither, the test is ignored with the reason.
/// </summary>
internal sealed class ReadOnlyFolder : IDisposable
{
    private const UnixFileMode ReadAndEnter = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private readonly string _path;
    private readonly bool _immutable;

    public ReadOnlyFolder(string path)
    {
        _path = path;
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows keeps no such right on a folder.");
            return;
        }

        File.SetUnixFileMode(path, ReadAndEnter);
        if (IsWritable() && !(_immutable = ChangeAttribute("+i") && !IsWritable()))
        {
            Dispose();
            Assert.Ignore("This user may write to every folder, and the file system has no immutable ones.");
        }
    }

    public void Dispose()
    {
        if (_immutable)
        {
            ChangeAttribute("-i");
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_path, ReadAndEnter | UnixFileMode.UserWrite);
        }
    }

    private bool IsWritable()
    {
        string probe = Path.Combine(_path, "probe");
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private bool ChangeAttribute(string change)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("chattr", [change, _path]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
