using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Tracking;

/// <summary>Pages of runs of an experiment of 10 000 with 10 parameters, 5 metrics of 3 points and 6 tags each, on SQLite or
/// PostgreSQL: verb <c>search [PostgreSQL connection string]</c>; <c>search curves [PostgreSQL connection string]</c> reads a long metric alone.</summary>
public static class TrackingSearch
{
    /// <summary>The experiment of <see cref="LogRunsAsync"/>.</summary>
    internal const string Experiment = "benchmark";

    private const int Runs = 10_000;
    private const int Producers = 32;
    private const int Repetitions = 30;

    private static readonly (string What, RunQuery Query)[] Queries =
    [
        ("newest", new()),
        ("newest, two columns", new() { Columns = ["metrics.m0", "params.p0"] }),
        ("by a metric", new() { Order = RunOrder.ByMetric("m0") }),
        ("one metric", new() { Filter = "metrics.m0 < 0.5" }),
        ("two parameters", new() { Filter = "params.p0 = '3' AND params.p1 = '5'" }),
        ("metric, parameter, tag LIKE", new() { Filter = "metrics.m1 > 0.2 AND params.p0 != '3' AND tags.t0 LIKE 'team-1%'" }),
        ("OR and NOT", new() { Filter = "(metrics.m0 < 0.1 OR NOT params.p1 IN ('1', '2')) AND NOT tags.t1 ILIKE '%-7'" }),
        ("history, by a metric", new() { Filter = "min(metrics.m0) < 0.3 AND max(metrics.m1) > 0.5", Order = RunOrder.ByMetricDescending("m2") }),
        ("none", new() { Filter = "metrics.m0 > 2 OR tags.t0 = 'absent'" }),
        ("as MLflow lists", new() { Order = RunOrder.Parse("start_time DESC") }),
        ("order metrics.m0", new() { Order = RunOrder.Parse("metrics.m0") }),
        ("order metrics.m0 DESC", new() { Order = RunOrder.Parse("metrics.m0 DESC") }),
        ("order params.p0, tags.t0 DESC, metrics.m1", new() { Order = RunOrder.Parse("params.p0, tags.t0 DESC, metrics.m1") }),
        ("order tags.t0, with a filter", new() { Filter = "metrics.m0 < 0.5 AND NOT tags.t1 LIKE '%-7'", Order = RunOrder.Parse("tags.t0") }),
        ("newest with a rare filter", new() { Filter = "params.p0 = '3' AND params.p1 = '5' AND metrics.m0 < 0.3" }),
        ("by a metric, with a rare filter", new() { Filter = "params.p0 = '3' AND params.p1 = '5'", Order = RunOrder.ByMetric("m0") }),
        ("by a metric, the largest first", new() { Order = RunOrder.ByMetricDescending("m0") }),
        ("at(metrics.m0, 1) < 0.5", new() { Filter = "at(metrics.m0, 1) < 0.5" }),
        ("newest, 1 000 runs", new() { Take = 1_000 }),
        ("order metrics.m0 DESC, params.p0; 1 000 runs", new() { Take = 1_000, Order = RunOrder.Parse("metrics.m0 DESC, params.p0") }),
    ];

    /// <summary>
    /// Prints the median time of a page of each query, of its hundredth page where it has one, and of its count. The repetitions of all
    /// queries take turns, so that what else the machine does falls on all of them; on PostgreSQL the CPU time is this process's alone.
    /// </summary>
    public static async Task RunAsync(string? postgreSql)
    {
        using var folder = new TemporaryFolder();
        await using Database database = folder.Open(postgreSql);
        using Tracker tracker = folder.Track(database);
        long started = Stopwatch.GetTimestamp();
        await LogRunsAsync(tracker);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Runs:N0} runs logged in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s"));
        if (postgreSql is not null)
        {
            await database.WriteAsync(0, static (session, _) => session.Execute("ANALYZE"));
        }

        List<Case> cases = [];
        foreach ((string what, RunQuery query) in Queries)
        {
            string? deep = await DeepAsync(tracker, query);
            cases.Add(new Case(
                what,
                () => tracker.ListRunsAsync(Experiment, query),
                deep is null ? null : async () =>
                {
                    query.After = deep;
                    await tracker.ListRunsAsync(Experiment, query);
                    query.After = null;
                },
                () => tracker.CountRunsAsync(Experiment, query.Filter),
                await tracker.CountRunsAsync(Experiment, query.Filter)));
        }

        for (int repetition = -3; repetition < Repetitions; repetition++)
        {
            foreach (Case one in cases)
            {
                await one.MeasureAsync(isCounted: repetition >= 0);
            }
        }

        Console.WriteLine();
        Console.WriteLine("| query, 100 runs unless said otherwise | first page, ms | its CPU, ms | deep page, ms | its CPU, ms | count, ms | runs |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (Case one in cases)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {one.What} | {one.First} | {one.Deep} | {one.Counting.Wall} | {one.Runs:N0} |"));
        }

        await ReadEnvelopesAsync(tracker);
    }

    /// <summary>Logs the 10 000 runs.</summary>
    internal static Task LogRunsAsync(Tracker tracker) =>
        Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(() => LogAsync(tracker, producer))));

    /// <summary>Prints the times of reading a long metric alone.</summary>
    public static async Task RunCurvesAsync(string? postgreSql)
    {
        using var folder = new TemporaryFolder();
        await using Database database = folder.Open(postgreSql);
        using Tracker tracker = folder.Track(database);
        await ReadEnvelopesAsync(tracker);
    }

    /// <summary>A million points in batches of ten, after they were packed.</summary>
    private static async Task ReadEnvelopesAsync(Tracker tracker)
    {
        const int Points = 1_000_000, Batch = 10;
        var random = new Random(1);
        await using Run run = await tracker.StartRunAsync("curves");
        for (int step = 0; step < Points; step += Batch)
        {
            await run.LogMetricsAsync([.. Enumerable.Range(step, Batch).Select(at => new Metric("loss", random.NextDouble(), at))]);
        }

        run.Complete();
        await run.DisposeAsync();
        Console.WriteLine();
        Console.WriteLine("| 1 000 000 points, logged ten at a time | median, ms | least, ms | allocated, MB |");
        Console.WriteLine("|---|---:|---:|---:|");
        foreach (int buckets in (int[])[100, 1_000, 10_000])
        {
            await PrintAsync($"envelope of {buckets:N0} buckets", () => tracker.GetMetricEnvelopeAsync(run.Id, "loss", buckets));
        }

        await PrintAsync("whole history", () => tracker.GetMetricHistoryAsync(run.Id, "loss"));
    }

    private static async Task PrintAsync<T>(string what, Func<Task<T>> work)
    {
        (double time, double least) = await TimeAsync(work);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await work();
        double megabytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {Text(time)} | {Text(least)} | {Text(megabytes)} |"));
    }

    private static string Text(double milliseconds) => milliseconds.ToString("F1", CultureInfo.InvariantCulture);

    /// <summary>Where the last page but one begins, at most the ninety-ninth.</summary>
    private static async Task<string?> DeepAsync(Tracker tracker, RunQuery query)
    {
        string? before = null, after = null;
        for (int page = 0; page < 98; page++)
        {
            query.After = after;
            RunPage read = await tracker.ListRunsAsync(Experiment, query);
            if (read.Next is null)
            {
                break;
            }

            (before, after) = (after, read.Next);
        }

        query.After = null;
        return before ?? after;
    }

    private static async Task<(double Median, double Least)> TimeAsync<T>(Func<Task<T>> work)
    {
        double[] times = new double[Repetitions];
        for (int i = -3; i < Repetitions; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await work();
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        }

        Array.Sort(times);
        return (times[Repetitions / 2], times[0]);
    }

    private static async Task LogAsync(Tracker tracker, int producer)
    {
        var random = new Random(producer);
        for (int i = producer; i < Runs; i += Producers)
        {
            await using Run run = await tracker.StartRunAsync(Experiment);
            for (int p = 0; p < 10; p++)
            {
                run.LogParameter($"p{p}", random.Next(10));
            }

            for (int t = 0; t < 6; t++)
            {
                run.SetTag($"t{t}", $"team-{random.Next(20)}");
            }

            for (int m = 0; m < 5; m++)
            {
                for (int step = 0; step < 3; step++)
                {
                    run.LogMetric($"m{m}", random.NextDouble(), step);
                }
            }

            run.Complete();
        }
    }

    private sealed class Case(string what, Func<Task> first, Func<Task>? deep, Func<Task> count, long runs)
    {
        public string What => what;

        public long Runs => runs;

        public Times First { get; } = new();

        public Times Deep { get; } = new();

        public Times Counting { get; } = new();

        public async Task MeasureAsync(bool isCounted)
        {
            await First.AddAsync(first, isCounted);
            await Deep.AddAsync(deep ?? (static () => Task.CompletedTask), isCounted && deep is not null);
            await Counting.AddAsync(count, isCounted);
        }
    }

    private sealed class Times
    {
        private readonly List<double> _wall = [];
        private readonly List<double> _processor = [];

        public string Wall => Median(_wall);

        public async Task AddAsync(Func<Task> work, bool isCounted)
        {
            long started = Stopwatch.GetTimestamp();
            TimeSpan used = Environment.CpuUsage.TotalTime;
            await work();
            if (isCounted)
            {
                _wall.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                _processor.Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
            }
        }

        public override string ToString() => $"{Wall} | {Median(_processor)}";

        private static string Median(List<double> times) => times.Count == 0 ? "" : Text(times.Order().ElementAt(times.Count / 2));
    }
}
