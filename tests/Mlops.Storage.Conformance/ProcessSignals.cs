using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mlops.Storage.Conformance;

/// <summary>Signals to other processes, at once: a program that sends them would take its time to start.</summary>
public static partial class ProcessSignals
{
    private const int SigInt = 2;

    /// <summary>SIGINT, as Ctrl+C sends it. Not on Windows.</summary>
    public static void Interrupt(this Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (Kill(process.Id, SigInt) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
