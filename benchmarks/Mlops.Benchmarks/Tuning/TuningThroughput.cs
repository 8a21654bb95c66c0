using System.Diagnostics;
using System.Globalization;
using Mlops.Benchmarks.Tracking;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// Durable trials per second with 10 parameters and 10 reports each, at level Process, on SQLite or PostgreSQL: verb
/// <c>tuning-throughput [trials] [PostgreSQL connection string]</c>, and <c>tuning-throughput growth [PostgreSQL connection string]</c> for what a trial of
/// one study costs as the study grows. The objective costs nothing. Workers are processes of their own that share one study and begin together; the
/// trials are counted afterwards.
/// </summary>
public static class TuningThroughput
{
    private const int Rounds = 3;

    private static readonly Load[] Loads =
    [
        new("random", Processes: 1, Workers: 1),
        new("random", Processes: 1, Workers: 8),
        new("random", Processes: 1, Workers: 32),
        new("random", Processes: 2, Workers: 8),
        new("random", Processes: 2, Workers: 32),
        new("regularized-evolution", Processes: 1, Workers: 8),
        new("regularized-evolution", Processes: 2, Workers: 8),
        new("tpe", Processes: 1, Workers: 8),
        new("tpe", Processes: 2, Workers: 8),
    ];

    private static readonly string[] Growing = ["random", "random and median", "regularized-evolution", "tpe"];

    /// <summary>Prints medians of three rounds, of which each has a study of its own.</summary>
    public static async Task RunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args is [_, "growth", ..])
        {
            await RunGrowthAsync(args.ElementAtOrDefault(2));
            return;
        }

        int trials = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
        string? postgreSql = args.ElementAtOrDefault(2);
        Console.WriteLine("| sampler | processes | workers in each | trials | trials/s | lowest to highest | CPU ms per trial | transactions per trial | commits per trial |");
        Console.WriteLine("|---|---:|---:|---:|---:|---|---:|---:|---:|");
        foreach (Load load in Loads)
        {
            int count = load.Sampler == "random" ? trials : trials / 5;
            List<Outcome> outcomes = [];
            for (int i = 0; i < Rounds; i++)
            {
                outcomes.Add(await MeasureAsync(load, count, postgreSql));
            }

            outcomes.Sort(static (a, b) => a.TrialsPerSecond.CompareTo(b.TrialsPerSecond));
            Outcome median = outcomes[Rounds / 2];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {load.Sampler} | {load.Processes} | {load.Workers} | {count:N0} | {median.TrialsPerSecond:N0} | {outcomes[0].TrialsPerSecond:N0} to {outcomes[^1].TrialsPerSecond:N0} | {median.CpuMilliseconds:F3} | {median.Transactions:F2} | {median.Commits:F3} |"));
        }
    }

    private static async Task RunGrowthAsync(string? postgreSql)
    {
        int[] sizes = [100, 1_000, 10_000];
        const int Window = 500;
        Console.WriteLine("| sampler | trials in the study | trials/s | CPU ms per trial |");
        Console.WriteLine("|---|---:|---:|---:|");
        foreach (string sampler in Growing)
        {
            using var target = new Target(postgreSql);
            foreach (int size in sizes)
            {
                await RunAsync(target, new Load(sampler, Processes: 1, Workers: 8), size);
                Outcome outcome = await RunAsync(target, new Load(sampler, Processes: 1, Workers: 8), size + Window);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {sampler} | {size:N0} to {size + Window:N0} | {outcome.TrialsPerSecond:N0} | {outcome.CpuMilliseconds:F3} |"));
            }
        }
    }

    private static async Task<Outcome> MeasureAsync(Load load, int trials, string? postgreSql)
    {
        using var target = new Target(postgreSql);
        return await RunAsync(target, load, trials);
    }

    private static async Task<Outcome> RunAsync(Target target, Load load, int trials)
    {
        Process[] workers = [.. Enumerable.Range(0, load.Processes).Select(_ => Start(target, load, trials))];
        foreach (Process worker in workers)
        {
            await ExpectAsync(worker, TuningThroughputWorker.Ready);
        }

        long started = Stopwatch.GetTimestamp();
        foreach (Process worker in workers)
        {
            await worker.StandardInput.WriteLineAsync(TuningThroughputWorker.Go);
        }

        string[][] told = await Task.WhenAll(workers.Select(static async worker => (await ReadAsync(worker)).Split(' ')));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        foreach (Process worker in workers)
        {
            await worker.WaitForExitAsync();
            worker.Dispose();
        }

        double[] sums = [.. Enumerable.Range(0, 4).Select(i => told.Sum(line => double.Parse(line[i], CultureInfo.InvariantCulture)))];
        int stored = int.Parse(told[0][4], CultureInfo.InvariantCulture);
        return stored == trials
            ? new Outcome(sums[0] / elapsed.TotalSeconds, sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0])
            : throw new InvalidOperationException($"{trials} trials were to be run and {stored} have completed.");
    }

    private static Process Start(Target target, Load load, int trials)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(TuningThroughput).Assembly.Location);
        }

        string[] arguments = [TuningThroughputWorker.Verb, target.Engine, target.ConnectionString, load.Sampler, load.Workers.ToString(CultureInfo.InvariantCulture), trials.ToString(CultureInfo.InvariantCulture)];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Process.Start(start)!;
    }

    private static async Task ExpectAsync(Process worker, string expected)
    {
        string line = await ReadAsync(worker);
        if (line != expected)
        {
            throw new InvalidOperationException($"A worker said '{line}' instead of '{expected}'.");
        }
    }

    private static async Task<string> ReadAsync(Process worker) =>
        await worker.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("A worker has ended by itself.");

    private sealed record Load(string Sampler, int Processes, int Workers);

    private sealed record Outcome(double TrialsPerSecond, double CpuMilliseconds, double Transactions, double Commits);

    /// <summary>A database of its own, gone when it is disposed.</summary>
    private sealed class Target : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;

        public Target(string? postgreSql) => (Engine, ConnectionString) = postgreSql is null
            ? ("sqlite", $"Data Source={Path.Combine(_folder, "studies.db")}")
            : ("postgresql", TemporaryFolder.NewSchema(postgreSql));

        public string Engine { get; }

        public string ConnectionString { get; }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
