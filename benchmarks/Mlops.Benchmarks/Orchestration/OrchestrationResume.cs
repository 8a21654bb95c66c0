using System.Diagnostics;
using System.Globalization;
using Mlops.Benchmarks.Tracking;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>
/// A fan-out of 100 000 steps that was interrupted half-way, on SQLite at level Process: verb <c>orchestration resume [rounds]</c>. How long it
/// takes a new process to run the next step, counted from its first line; and how long a paused run and a rerun of what failed take.
/// </summary>
internal static class OrchestrationResume
{
    private const int Items = 100_000;

    public static async Task RunAsync(int rounds)
    {
        using var folder = new TemporaryFolder();
        string path = $"Data Source={folder.PathOf("resume.db")}";
        await InterruptAsync(path);
        List<(double Ms, double Cpu)> restarts = [];
        for (int round = 0; round < rounds; round++)
        {
            restarts.Add(await RestartAsync(path));
        }

        Console.WriteLine($"| SQLite, Process, {Items:N0} steps, about half of them done | ms, median of {rounds} | least | CPU ms |");
        Console.WriteLine("|---|---:|---:|---:|");
        Print("a new process opens the database and begins the next step", restarts);
        Print("a paused run is let go on and begins its next step", await ResumePausedAsync(path, rounds));
        Print("a rerun copies the steps of a failed run that succeeded and begins its first", await RerunAsync(path, rounds));
    }

    private static async Task InterruptAsync(string path)
    {
        int visited = 0;
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = new OrchestrationHost(new SqliteDatabase(path), 64, new FanOut
        {
            Visit = _ =>
            {
                if (Interlocked.Increment(ref visited) == Items / 2)
                {
                    half.SetResult();
                }
            },
        });
        await host.Pipelines.StartAsync<FanOut, int>(Items);
        host.Start();
        await half.Task;
    }

    private static async Task<(double, double)> RestartAsync(string path)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = new OrchestrationHost(new SqliteDatabase(path), 2, new FanOut { Visit = _ => begun.TrySetResult() });
        host.Start();
        await begun.Task;
        return (Stopwatch.GetElapsedTime(started).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
    }

    private static async Task<List<(double, double)>> ResumePausedAsync(string path, int rounds)
    {
        TaskCompletionSource begun = new();
        await using var host = new OrchestrationHost(new SqliteDatabase(path), 2, new FanOut { Visit = _ => begun.TrySetResult() });
        PipelineRun run = (await host.Pipelines.ListRunsAsync(nameof(FanOut)))[0];
        host.Start();
        List<(double, double)> times = [];
        for (int round = 0; round < rounds; round++)
        {
            await host.Pipelines.PauseAsync(run.Id, "benchmark");
            await Task.Delay(200);
            begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            await host.Pipelines.ResumeAsync(run.Id);
            await begun.Task;
            times.Add((Stopwatch.GetElapsedTime(started).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds));
        }

        return times;
    }

    private static async Task<List<(double, double)>> RerunAsync(string path, int rounds)
    {
        TaskCompletionSource begun = new();
        await using var host = new OrchestrationHost(new SqliteDatabase(path), 2, new FanOut { Visit = _ => begun.TrySetResult() });
        PipelineRun run = (await host.Pipelines.ListRunsAsync(nameof(FanOut)))[0];
        await host.Pipelines.CancelAsync(run.Id, "benchmark");
        host.Start();
        List<(double, double)> times = [];
        for (int round = 0; round < rounds; round++)
        {
            begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            PipelineRun again = await host.Pipelines.RerunAsync(run.Id);
            await begun.Task;
            times.Add((Stopwatch.GetElapsedTime(started).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds));
            await host.Pipelines.CancelAsync(again.Id, "benchmark");
        }

        return times;
    }

    private static void Print(string what, List<(double Ms, double Cpu)> times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {times.Select(static t => t.Ms).Order().ElementAt(times.Count / 2):N1} | {times.Min(static t => t.Ms):N1} | {times.Select(static t => t.Cpu).Order().ElementAt(times.Count / 2):N1} |"));
}
