using System.Diagnostics;
using System.Globalization;
using Mlops.Benchmarks.Tracking;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>
/// What a worker costs that has nothing to do, how long it takes to start, and how long until it begins with a step that is started in the
/// same process or in another: verb <c>orchestration idle [seconds] [PostgreSQL connection string]</c>.
/// </summary>
internal static class OrchestrationIdle
{
    private const int Wakes = 50;

    public static async Task RunAsync(double seconds, string? postgreSql)
    {
        Console.WriteLine("| engine | start of a worker to its first step, ms | idle: CPU ms per s | commits per s | B allocated per s | begins a step of its own process, ms, p50 | p95 | of another process, p50 | p95 |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        using var folder = new TemporaryFolder();
        string path = $"Data Source={folder.PathOf("idle.db")}";
        await MeasureAsync("SQLite", () => new SqliteDatabase(path), TimeSpan.FromSeconds(seconds));
        if (postgreSql is not null)
        {
            string schema = TemporaryFolder.NewSchema(postgreSql);
            await MeasureAsync("PostgreSQL", () => new PostgreSqlDatabase(schema), TimeSpan.FromSeconds(seconds));
        }
    }

    private static async Task MeasureAsync(string engine, Func<Database> open, TimeSpan idle)
    {
        var begun = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var definition = new FanOut { Visit = _ => begun.TrySetResult(Stopwatch.GetTimestamp()) };
        await using (var first = new OrchestrationHost(open(), 2, definition))
        {
            // The tables are there.
            await first.Pipelines.StartAsync<FanOut, int>(1);
        }

        long started = Stopwatch.GetTimestamp();
        await using var worker = new OrchestrationHost(open(), 2, definition);
        await using var other = new OrchestrationHost(open(), 2, definition);
        worker.Start();
        double start = Stopwatch.GetElapsedTime(started, await begun.Task).TotalMilliseconds;
        await Task.Delay(500);
        StepCost quiet = await StepCost.MeasureAsync(1, () => Task.Delay(idle));
        double perSecond = 1e6 / quiet.WallMicroseconds;
        List<double> own = [], others = [];
        for (int i = -5; i < Wakes; i++)
        {
            foreach ((OrchestrationHost host, List<double> times) in ((OrchestrationHost, List<double>)[])[(worker, own), (other, others)])
            {
                begun = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
                long asked = Stopwatch.GetTimestamp();
                PipelineRun run = await host.Pipelines.StartAsync<FanOut, int>(1);
                double took = Stopwatch.GetElapsedTime(asked, await begun.Task).TotalMilliseconds;
                await worker.Pipelines.WaitAsync(run.Id);
                await Task.Delay(Random.Shared.Next(20, 60));
                if (i >= 0)
                {
                    times.Add(took);
                }
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {engine} | {start:N1} | {quiet.CpuMicroseconds * perSecond / 1e3:N2} | {quiet.Commits * perSecond:N1} | {quiet.Bytes * perSecond:N0} | {Part(own, 0.5)} | {Part(own, 0.95)} | {Part(others, 0.5)} | {Part(others, 0.95)} |"));
    }

    private static string Part(List<double> times, double part) =>
        times.Order().ElementAt((int)(times.Count * part)).ToString("N2", CultureInfo.InvariantCulture);
}
