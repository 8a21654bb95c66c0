using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mlops.Storage.Conformance;

/// <summary>Signals to other processes, at once: a program that sends them would take its time to start. Not on Windows.</summary>
public static partial class ProcessSignals
{
    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    public static void Interrupt(this Process process) => Send(process, 2);

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    public static void Terminate(this Process process) => Send(process, 15);

    /// <summary>SIGSTOP: the process sees no time pass until <see cref="Continue"/>.</summary>
    public static void Stop(this Process process) => Send(process, OperatingSystem.IsMacOS() ? 17 : 19);

    /// <summary>SIGCONT.</summary>
    public static void Continue(this Process process) => Send(process, OperatingSystem.IsMacOS() ? 19 : 18);

    private static void Send(Process process, int signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (Kill(process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
