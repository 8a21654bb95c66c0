using System.Diagnostics;
using System.Globalization;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>A worker in a process of its own, which really can be killed and frozen.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;

    private WorkerProcess(Process process) => _process = process;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a worker and returns once it says that it works.</summary>
    public static async Task<WorkerProcess> StartAsync(string engine, string connectionString, TimeSpan lease, string artifacts, params string[] more)
    {
        string assembly = typeof(TestWorker.CrashPipelines).Assembly.Location;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (string argument in (string[])["exec", assembly, engine, connectionString, lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), artifacts, .. more])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        string? line = await process.StandardOutput.ReadLineAsync();
        Assert.That(line, Is.EqualTo("started"), "the worker process did not start");
        return new WorkerProcess(process);
    }

    /// <summary>SIGKILL: no handler, no finally, no flush.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until it has killed itself; false when it lives after the time.</summary>
    public async Task<bool> DiesWithinAsync(TimeSpan limit)
    {
        using var over = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.HasExited;
    }

    /// <summary>SIGSTOP: the process sees no time pass.</summary>
    public void Freeze() => _process.Stop();

    /// <summary>SIGCONT.</summary>
    public void Thaw() => _process.Continue();

    /// <summary>Lets it drain and waits until it has ended by itself.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        Assert.That(_process.ExitCode, Is.Zero);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
