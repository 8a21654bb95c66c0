using System.Diagnostics;

namespace Mlops.Server.Tests;

/// <summary>The sample's own executable, as a stranger would start it, on a free port of the loopback address.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;

    private ServerProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<ServerProcess> StartAsync(string data, string? storage)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Server.dll");
        string[] arguments = [program, "--urls", "http://127.0.0.1:0", "--data", data, .. storage is null ? (string[])[] : ["--storage", storage]];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("MLOPS_STORAGE");
        Process process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        List<string> lines = [];
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
            {
                // Read on, or the server would wait once the pipe is full.
                _ = process.StandardOutput.ReadToEndAsync();
                _ = process.StandardError.ReadToEndAsync();
                return new ServerProcess(process, new Uri(line[(at + Listening.Length)..]));
            }
        }

        string errors = await process.StandardError.ReadToEndAsync();
        throw new InvalidOperationException($"The server ended with {process.ExitCode}:\n{string.Join('\n', lines)}\n{errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
