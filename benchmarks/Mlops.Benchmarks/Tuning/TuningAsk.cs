using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tuning;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// What an ask costs with 10 real parameters: verb <c>tuning-ask [sampler[,sampler ...] [trials ...]] [PostgreSQL connection string]</c>. An ask is the proposal and the 10 values, each followed by its
/// tell: 100 asks in memory, and 100 of a study in a SQLite file, or in the PostgreSQL database, at level Process whose first trials were random. CPU and bytes are those of the whole process with the store and means, which holds what
/// grows with the trials and fits; the CPU's clock ticks too coarsely for single asks.
/// </summary>
public static class TuningAsk
{
    private const int Asks = 100;

    private static readonly string[] Names = [.. Enumerable.Range(0, 10).Select(static i => $"x{i}")];

    /// <summary>Prints a table.</summary>
    public static async Task RunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        string? postgreSql = Array.Find(args, static argument => argument.Contains('=', StringComparison.Ordinal));
        args = Array.FindAll(args, argument => argument != postgreSql);
        string[] samplers = args.Length > 1 ? args[1].Split(',') : [.. QualityRun.Samplers.Keys, "grid", "gp of 2 objectives"];
        int[] sizes = args.Length > 2 ? Array.ConvertAll(args[2..], static size => int.Parse(size, CultureInfo.InvariantCulture)) : [100, 1_000, 10_000];
        Console.WriteLine("| sampler | trials | ms per ask, median | lowest | CPU ms, mean | bytes | with the store: CPU ms | bytes |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (string name in samplers)
        {
            foreach (int size in sizes)
            {
                await MeasureAsync(name, size, postgreSql).ConfigureAwait(false);
            }
        }
    }

    private static async Task MeasureAsync(string name, int trials, string? postgreSql)
    {
        int objectives = name.EndsWith("2 objectives", StringComparison.Ordinal) ? 2 : 1;
        ISampler sampler = name == "grid" ? Grid() : QualityRun.Samplers[name.Split(' ')[0]];
        Fill(new SamplerHarness(sampler, 0, objectives), Math.Min(trials, 500), objectives); // lets the just-in-time compiler settle
        var harness = new SamplerHarness(sampler, 1, objectives);
        Fill(harness, trials - (Asks / 2), objectives);
        double[] times = new double[Asks];
        long allocated = 0;
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < Asks; i++)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long started = Stopwatch.GetTimestamp();
            harness.Begin();
            double[] values = Values(Array.ConvertAll(Names, parameter => harness.Suggest(parameter, Domain)), objectives);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
            harness.End(values);
        }

        cpu = Environment.CpuUsage.TotalTime - cpu;
        (double storedCpu, long storedBytes) = await StoredAsync(sampler, trials, objectives, postgreSql).ConfigureAwait(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {trials:N0} | {QualityComparison.Median(times):F3} | {times.Min():F3} | {cpu.TotalMilliseconds / Asks:F3} | {allocated / Asks:N0} | {storedCpu:F2} | {storedBytes:N0} |"));
    }

    private static ParameterDomain Domain { get; } = ParameterDomain.Real(-5, 5);

    private static GridSampler Grid() => new(Names.Aggregate(SearchSpace.Empty, static (space, name) => space.With(name, Domain)), points: 2);

    private static void Fill(SamplerHarness harness, int trials, int objectives) =>
        harness.RunAll(h => Values(Array.ConvertAll(Names, name => h.Suggest(name, Domain)), objectives), trials);

    /// <summary>A sphere around 1, and where there is another objective one around -1.</summary>
    private static double[] Values(double[] x, int objectives) =>
        [.. new[] { 1, -1 }.Take(objectives).Select(center => x.Sum(v => (v - center) * (v - center)))];

    private static async Task<(double Cpu, long Bytes)> StoredAsync(ISampler sampler, int trials, int objectives, string? postgreSql)
    {
        string folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;
        try
        {
            Database database = postgreSql is null ? new SqliteDatabase($"Data Source={Path.Combine(folder, "studies.db")}") : new PostgreSqlDatabase(postgreSql);
            await using (database.ConfigureAwait(false))
            {
                var studies = new Studies(database);
                await using (studies.ConfigureAwait(false))
                {
                    string name = Guid.NewGuid().ToString("N");
                    Direction[] directions = [.. Enumerable.Repeat(Direction.Minimize, objectives)];
                    Study random = await studies.OpenAsync(name, directions).ConfigureAwait(false);
                    await random.OptimizeAsync(
                        (trial, _) => Task.FromResult(Values(Array.ConvertAll(Names, parameter => trial.SuggestDouble(parameter, -5, 5)), objectives)),
                        new() { TotalTrials = trials - (Asks / 2), Parallelism = 8 }).ConfigureAwait(false);
                    Study study = await studies.OpenAsync(name, directions, new() { Sampler = sampler }).ConfigureAwait(false);
                    await AskAsync(study, objectives).ConfigureAwait(false); // reads the history
                    TimeSpan cpu = Environment.CpuUsage.TotalTime;
                    long bytes = GC.GetTotalAllocatedBytes(precise: true);
                    for (int i = 0; i < Asks; i++)
                    {
                        await AskAsync(study, objectives).ConfigureAwait(false);
                    }

                    return ((Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / Asks, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / Asks);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AskAsync(Study study, int objectives)
    {
        Trial trial = await study.AskAsync().ConfigureAwait(false);
        await study.TellAsync(trial, Values(Array.ConvertAll(Names, parameter => trial.SuggestDouble(parameter, -5, 5)), objectives)).ConfigureAwait(false);
    }
}
