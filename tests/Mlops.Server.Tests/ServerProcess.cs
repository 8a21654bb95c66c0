using System.Diagnostics;

namespace Mlops.Server.Tests;

/// <summary>The sample's own executable, as a stranger would start it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    // What a host says last of its start.
    private const string Started = "Content root path: ";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private ServerProcess(Process process, IReadOnlyList<string> lines)
    {
        _process = process;
        Addresses = [.. lines.Where(static said => said.Contains(Listening, StringComparison.Ordinal))
            .Select(static said => new Uri(said[(said.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]))];
        Lines = lines;
    }

    /// <summary>The first address that it listens at.</summary>
    public Uri Address => Addresses[0];

    /// <summary>Every address that it listens at.</summary>
    public IReadOnlyList<Uri> Addresses { get; }

    /// <summary>What it said until it had started.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>On a free port of the loopback address.</summary>
    public static Task<ServerProcess> StartAsync(string data, string? storage) =>
        StartAsync(["--urls", "http://127.0.0.1:0", "--data", data, .. storage is null ? (string[])[] : ["--storage", storage]]);

    public static async Task<ServerProcess> StartAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        Process process = Start(arguments, environment);
        List<string> lines = [];
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (line.Contains(Started, StringComparison.Ordinal))
            {
                // Read on, or the server would wait once the pipe is full.
                _ = process.StandardOutput.ReadToEndAsync();
                _ = process.StandardError.ReadToEndAsync();
                return new ServerProcess(process, lines);
            }
        }

        string errors = await process.StandardError.ReadToEndAsync();
        throw new InvalidOperationException($"The server ended with {process.ExitCode}:\n{string.Join('\n', lines)}\n{errors}");
    }

    /// <summary>Starts it and waits for its end, which is to come by itself.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> FailAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        using Process process = Start(arguments, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Process Start(string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Server.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in (string[])["MLOPS_STORAGE", "ASPNETCORE_URLS", "URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS"])
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
    }
}
