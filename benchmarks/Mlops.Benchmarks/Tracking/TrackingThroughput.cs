using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Tracking;

/// <summary>
/// Metric points per second that are acknowledged, at level Process, on SQLite or PostgreSQL: verb
/// <c>tracking [seconds] [PostgreSQL connection string]</c>. Every batch is awaited before its
/// producer sends the next; every point is read back and counted after the last.
/// </summary>
public static class TrackingThroughput
{
    private static readonly Load[] Loads =
    [
        new(Producers: 1, Keys: 10, PointsPerBatch: 1_000),
        new(Producers: 1, Keys: 1, PointsPerBatch: 1_000),
        new(Producers: 1, Keys: 100, PointsPerBatch: 1_000),
        new(Producers: 1, Keys: 1_000, PointsPerBatch: 1_000),
        new(Producers: 1, Keys: 10, PointsPerBatch: 10),
        new(Producers: 8, Keys: 10, PointsPerBatch: 1_000),
        new(Producers: 8, Keys: 10, PointsPerBatch: 10),
        new(Producers: 1, Keys: 10, PointsPerBatch: 1_000) { WithoutHandle = true },
        new(Producers: 8, Keys: 10, PointsPerBatch: 1_000) { WithoutHandle = true },
        new(Producers: 8, Keys: 10, PointsPerBatch: 10) { WithoutHandle = true },
    ];

    /// <summary>Runs every load three times for the seconds given, 2 unless said otherwise, and prints the medians.</summary>
    public static async Task RunAsync(string[] args)
    {
        double seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 2;
        string? postgreSql = args.ElementAtOrDefault(2);
        Console.WriteLine("| producers, a run each | by | keys | points per batch | acknowledged points/s | CPU ns per point |");
        Console.WriteLine("|---:|---|---:|---:|---:|---:|");
        foreach (Load load in Loads)
        {
            List<Outcome> outcomes = [];
            for (int i = 0; i < 3; i++)
            {
                outcomes.Add(await MeasureAsync(load, TimeSpan.FromSeconds(seconds), postgreSql));
            }

            Outcome median = outcomes.OrderBy(outcome => outcome.PointsPerSecond).ElementAt(1);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {load.Producers} | {(load.WithoutHandle ? "id" : "handle")} | {load.Keys} | {load.PointsPerBatch} | {median.PointsPerSecond:N0} | {median.CpuPerPoint.TotalNanoseconds:N0} |"));
        }

        await MeasureHistoryAsync(postgreSql);
    }

    private static async Task<Outcome> MeasureAsync(Load load, TimeSpan duration, string? postgreSql)
    {
        using var folder = new TemporaryFolder();
        await using Database database = folder.Open(postgreSql);
        using Tracker tracker = folder.Track(database);
        Run[] runs = await Task.WhenAll(Enumerable.Range(0, load.Producers).Select(_ => tracker.StartRunAsync("benchmark")));
        Metric[][] batches = load.Batches();
        foreach (Run run in runs)
        {
            await run.LogMetricsAsync(batches[0]);
        }

        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        long[] logged = await Task.WhenAll(runs.Select(run => Task.Run(async () =>
        {
            long points = 0;
            for (int i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
            {
                Metric[] batch = batches[i % batches.Length];
                await (load.WithoutHandle ? tracker.LogAsync(run.Id, new() { Metrics = batch }) : run.LogMetricsAsync(batch));
                points += load.PointsPerBatch;
            }

            return points;
        })));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        TimeSpan cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        for (int i = 0; i < runs.Length; i++)
        {
            runs[i].Complete();
            await runs[i].DisposeAsync();
            long stored = (await tracker.GetRunAsync(runs[i].Id)).Metrics.Values.Sum(metric => metric.Count);
            if (stored != logged[i] + batches[0].Length)
            {
                throw new InvalidOperationException($"{logged[i] + batches[0].Length} points were acknowledged and {stored} are stored.");
            }
        }

        long total = logged.Sum();
        return new Outcome(total / elapsed.TotalSeconds, cpu / total);
    }

    private static async Task MeasureHistoryAsync(string? postgreSql)
    {
        using var folder = new TemporaryFolder();
        await using Database database = folder.Open(postgreSql);
        using Tracker tracker = folder.Track(database);
        Run run = await tracker.StartRunAsync("benchmark");
        var random = new Random(1);
        for (int batch = 0; batch < 1_000; batch++)
        {
            await run.LogMetricsAsync([.. Enumerable.Range(batch * 1_000, 1_000).Select(step => new Metric("loss", random.NextDouble(), step))]);
        }

        run.Complete();
        await run.DisposeAsync();
        List<double> times = [];
        for (int i = 0; i < 7; i++)
        {
            long started = Stopwatch.GetTimestamp();
            int points = (await tracker.GetMetricHistoryAsync(run.Id, "loss")).Count;
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (points != 1_000_000)
            {
                throw new InvalidOperationException($"{points} points were read.");
            }
        }

        List<double> starts = [];
        for (int i = 0; i < 500; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await tracker.StartRunAsync("benchmark");
            starts.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        double bytesPerPoint = await folder.PayloadBytesAsync(database) / 1e6;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n1 000 000 points of one series: {bytesPerPoint:N1} bytes each, read in {times.Order().ElementAt(3):N1} ms; starting a run: p50 {starts.Order().ElementAt(250):N2} ms"));
    }

    private sealed record Outcome(double PointsPerSecond, TimeSpan CpuPerPoint);

    private sealed record Load(int Producers, int Keys, int PointsPerBatch)
    {
        /// <summary>By the run's id, each batch in a write of its own.</summary>
        public bool WithoutHandle { get; init; }

        /// <summary>Losses as a training loop has them: falling, noisy, all bits in use.</summary>
        public Metric[][] Batches()
        {
            var random = new Random(1);
            return [.. Enumerable.Range(0, 16).Select(batch => Enumerable.Range(0, PointsPerBatch).Select(i => new Metric(
                $"metric-{i % Keys}", Math.Exp(-batch / 16.0) + random.NextDouble(), (long)batch * PointsPerBatch + i / Keys)).ToArray())];
        }
    }
}
