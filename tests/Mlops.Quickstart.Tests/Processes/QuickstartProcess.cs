using System.Diagnostics;
using Mlops.Storage.Conformance;

namespace Quickstart.Tests;

/// <summary>How a process ended and what it wrote.</summary>
internal sealed record QuickstartOutcome(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>The sample in a process of its own, as a user starts it.</summary>
internal sealed class QuickstartProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private QuickstartProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public static QuickstartProcess Start(params IEnumerable<string> arguments)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command = [dotnet, "exec", typeof(QuickstartArguments).Assembly.Location, .. arguments];

        // A shell's background job ignores SIGINT, and so do all processes below it unless it is restored.
        if (OperatingSystem.IsLinux())
            command = ["env", "--default-signal=INT", .. command];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("MLOPS_STORAGE");
        return new QuickstartProcess(Process.Start(start)!);
    }

    public static async Task<QuickstartOutcome> RunAsync(params IEnumerable<string> arguments)
    {
        using QuickstartProcess process = Start(arguments);
        return await process.WaitAsync();
    }

    /// <summary>Runs the replay and demands that it succeeds.</summary>
    public static async Task<QuickstartOutcome> ReplayAsync(string data, string folder, params IEnumerable<string> more)
    {
        QuickstartOutcome outcome = await RunAsync(["--data", data, "--output", folder, .. more]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.ToString());
        return outcome;
    }

    /// <summary>Returns once the process has come this far by <see cref="ReplayCursor"/>, or false when it has ended before.</summary>
    public async Task<bool> ReachesAsync(string folder, int target)
    {
        while (!_process.HasExited)
        {
            if (ReplayCursor.Read(folder) >= target)
                return true;
            await Task.Delay(3, TestContext.CurrentContext.CancellationToken);
        }

        return false;
    }

    /// <summary>Waits until it ends by itself, at most as long as the test may take.</summary>
    public async Task<QuickstartOutcome> WaitAsync()
    {
        await _process.WaitForExitAsync(TestContext.CurrentContext.CancellationToken);
        return new QuickstartOutcome(_process.ExitCode, await _output, await _error);
    }

    /// <summary>SIGKILL: no handler, no finally, no flush.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    public void Interrupt() => _process.Interrupt();

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
