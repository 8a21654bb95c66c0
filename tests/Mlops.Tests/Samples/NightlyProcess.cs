using System.Diagnostics;
using Mlops.Storage.Conformance;

namespace Mlops.Tests.Samples;

/// <summary>The sample's own executable with two nights to catch up on, on a free port of the loopback address.</summary>
internal sealed class NightlyProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private NightlyProcess(Process process, string line)
    {
        _process = process;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]) };
    }

    /// <summary>A browser: it keeps cookies.</summary>
    public HttpClient Client { get; }

    public static async Task<NightlyProcess> StartAsync(string folder)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "NightlyRetrain.dll"), "--folder", folder, "--nights", "2", "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime", "Information",
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in (string[])["ASPNETCORE_URLS", "URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS"])
        {
            start.Environment.Remove(name);
        }

        // Where the keys of forms are kept.
        start.Environment["HOME"] = folder;
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(Listening, StringComparison.Ordinal))
            {
                // Read on, or the application would wait once the pipe is full.
                _ = process.StandardOutput.ReadToEndAsync();
                _ = process.StandardError.ReadToEndAsync();
                return new NightlyProcess(process, line);
            }
        }

        throw new InvalidOperationException($"The sample did not start:\n{await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Asks it to end, as a service manager does, and returns what it ended with.</summary>
    public async Task<int> StopAsync()
    {
        _process.Terminate();
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
