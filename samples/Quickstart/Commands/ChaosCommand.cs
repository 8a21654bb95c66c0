using System.Diagnostics;
using System.Reflection;

namespace Quickstart;

/// <summary>Runs the replay once undisturbed and once killed three times, as processes of their own, and compares what they wrote.</summary>
public static class ChaosCommand
{
    private const int Kills = 3;

    public static async Task<int> RunAsync(QuickstartArguments arguments, TextWriter output, CancellationToken cancellationToken)
    {
        string calm = Path.Combine(arguments.Output, "calm"), killed = Path.Combine(arguments.Output, "killed");
        foreach (string folder in (string[])[calm, killed])
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }

        output.WriteLine("One run without a kill, half a minute or so ...");
        var watch = Stopwatch.StartNew();
        if (await RunAsync(arguments.Data, calm, null, cancellationToken) is not 0 and var failed)
            return failed!.Value;
        output.WriteLine($"Undisturbed: {watch.Elapsed.TotalSeconds:F1} s.");
        int work = ReplayCursor.Read(calm);
        if (work == 0)
        {
            output.WriteLine($"Nothing can be read of what it has done from {calm}: nothing is proven.");
            return 1;
        }

        for (int kill = 1; kill <= Kills; kill++)
        {
            // Somewhere in each of as many equal parts of the work; the end is left out, where the process could be faster than the kill.
            int place = 1 + (int)(0.9 * work / Kills * (kill - 1 + Random.Shared.NextDouble()));
            if (await RunAsync(arguments.Data, killed, place, cancellationToken) is not null)
            {
                output.WriteLine($"It had ended before kill {kill} of {Kills}, at {place} of {work} trials and days: nothing is proven. Try again.");
                return 1;
            }

            output.WriteLine($"Killed at {ReplayCursor.Read(killed)} of {work} trials and days, started again.");
        }

        if (await RunAsync(arguments.Data, killed, null, cancellationToken) is not 0 and var broken)
            return broken!.Value;
        bool equal = File.ReadAllBytes(Path.Combine(calm, "result.json")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(killed, "result.json")));
        output.WriteLine(equal
            ? $"Equal: result.json of both runs has the same {new FileInfo(Path.Combine(calm, "result.json")).Length} bytes."
            : $"DIFFERENT: compare {calm} and {killed}.");
        return equal ? 0 : 1;
    }

    /// <returns>The exit code, or null when the process was killed.</returns>
    private static async Task<int?> RunAsync(string data, string folder, int? killAt, CancellationToken cancellationToken)
    {
        string self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        foreach (string argument in (string[])["--data", data, "--output", folder])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task drained = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        if (killAt is { } place)
        {
            while (!process.HasExited && ReplayCursor.Read(folder) < place)
                await Task.Delay(3, CancellationToken.None);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
                await drained;
                return null;
            }
        }

        await process.WaitForExitAsync(CancellationToken.None);
        await drained;
        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode;
    }
}
