using System.Diagnostics;

namespace Mlops.Storage.Conformance;

/// <summary>A child process that runs <see cref="StorageWorker"/> in the test assembly it is started from.</summary>
public sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private WorkerProcess(Process process) => _process = process;

    public int ExitCode => _process.ExitCode;

    public static WorkerProcess Start(params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        IEnumerable<string> assembly = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [System.Reflection.Assembly.GetEntryAssembly()!.Location] : [];
        var start = new ProcessStartInfo(program, [.. assembly, "worker", .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return new WorkerProcess(Process.Start(start) ?? throw new InvalidOperationException("The worker did not start."));
    }

    /// <summary>Lets a worker that has said it is ready go on.</summary>
    public void Go()
    {
        _process.StandardInput.WriteLine("go");
        _process.StandardInput.Flush();
    }

    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync();

    /// <summary>What the worker had written and was not read yet; ends when it has ended.</summary>
    public async Task<List<string>> ReadToEndAsync()
    {
        List<string> lines = [];
        while (await ReadLineAsync() is { } line)
        {
            lines.Add(line);
        }

        await _process.WaitForExitAsync();
        return lines;
    }

    /// <summary>SIGKILL: nothing of the process runs any more.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
