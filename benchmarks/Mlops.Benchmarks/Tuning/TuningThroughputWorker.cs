using System.Diagnostics.Metrics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tuning;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>A process of <see cref="TuningThroughput"/>: lets the just-in-time compiler settle on a study of its own, says that it is ready, runs when it is told to.</summary>
public static class TuningThroughputWorker
{
    /// <summary>The verb.</summary>
    public const string Verb = "tuning-throughput-worker";

    /// <summary>What it says when it could begin.</summary>
    public const string Ready = "ready";

    /// <summary>What it then waits for.</summary>
    public const string Go = "go";

    private const int Parameters = 10;
    private const int Reports = 10;
    private const int WarmUpTrials = 1_000;
    private static readonly string[] Names = [.. Enumerable.Range(0, Parameters).Select(static i => $"x{i}")];

    /// <summary>Prints its trials, its CPU milliseconds, transactions and commits, and how many trials the study has.</summary>
    public static async Task RunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        int workers = int.Parse(args[4], CultureInfo.InvariantCulture);
        int total = int.Parse(args[5], CultureInfo.InvariantCulture);
        (string sampler, IPruner? pruner) = args[3].Split(" and ") is [string name, _] ? (name, (IPruner?)new MedianPruner()) : (args[3], null);
        await using Database database = args[1] == "sqlite" ? new SqliteDatabase(args[2]) : new PostgreSqlDatabase(args[2]);
        await using var studies = new Studies(database);
        Study warmUp = await studies.OpenAsync($"warm-up {Guid.NewGuid()}", Direction.Minimize, new() { Sampler = QualityRun.Samplers[sampler], Pruner = pruner });
        await warmUp.OptimizeAsync(Objective, new() { TotalTrials = WarmUpTrials, Parallelism = workers });
        Study study = await studies.OpenAsync("benchmark", Direction.Minimize, new() { Sampler = QualityRun.Samplers[sampler], Pruner = pruner });
        using var commits = new CommitCount();
        int begun = 0;
        Console.WriteLine(Ready);
        if (Console.ReadLine() != Go)
        {
            return;
        }

        commits.Reset();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        StudyProgress progress = await study.OptimizeAsync(
            (trial, token) =>
            {
                Interlocked.Increment(ref begun);
                return Objective(trial, token);
            },
            new() { TotalTrials = total, Parallelism = workers });
        TimeSpan cpu = Environment.CpuUsage.TotalTime - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{begun} {cpu.TotalMilliseconds:F1} {commits.Items} {commits.Groups} {progress.Finished}"));
    }

    private static Task<double> Objective(Trial trial, CancellationToken cancellationToken)
    {
        double sum = 0;
        foreach (string name in Names)
        {
            double x = trial.SuggestDouble(name, -1, 1);
            sum += x * x;
        }

        for (int step = 0; step < Reports; step++)
        {
            trial.Report(step, sum + (1.0 / (step + 1)));
            trial.ThrowIfPruned();
        }

        return Task.FromResult(sum);
    }

    /// <summary>Counts the store's writes, which are transactions of their own to their callers, and the commits that they share.</summary>
    private sealed class CommitCount : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _items;
        private long _groups;

        public CommitCount()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "mlops.storage.commit.items")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, items, _, _) =>
            {
                Interlocked.Add(ref _items, items);
                Interlocked.Increment(ref _groups);
            });
            _listener.Start();
        }

        public long Items => Interlocked.Read(ref _items);

        public long Groups => Interlocked.Read(ref _groups);

        public void Reset() => (_items, _groups) = (0, 0);

        public void Dispose() => _listener.Dispose();
    }
}
