using System.Diagnostics;

namespace Mlops.Tuning.Tests;

/// <summary>Durable trials per second with 10 parameters and 10 reports, Process level. Run by name, in a Release build.</summary>
[Explicit("Measures; asserts nothing.")]
[Category("Measurement")]
public sealed class ThroughputMeasurement
{
    [TestCase(1)]
    [TestCase(8)]
    [TestCase(64)]
    public async Task Random_trials_on_SQLite(int parallelism)
    {
        const int Trials = 10_000;
        await using var file = new SqliteFile();
        await using var studies = new Studies(file.Database);
        Study study = await studies.OpenAsync("s", Direction.Minimize, new() { Sampler = new RandomSampler() });
        string[] names = [.. Enumerable.Range(0, 10).Select(static i => $"x{i}")];
        await study.OptimizeAsync(Objective, new() { TotalTrials = 200, Parallelism = parallelism });

        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        long started = Stopwatch.GetTimestamp();
        await study.OptimizeAsync(Objective, new() { TotalTrials = 200 + Trials, Parallelism = parallelism });
        TimeSpan wall = Stopwatch.GetElapsedTime(started);
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        await TestContext.Out.WriteLineAsync(FormattableString.Invariant(
            $"parallelism {parallelism}: {Trials / wall.TotalSeconds:F0} trials/s wall, {Trials / cpu.TotalSeconds:F0} trials per CPU second"));

        Task<double> Objective(Trial trial, CancellationToken cancellationToken)
        {
            double sum = 0;
            foreach (string name in names)
            {
                sum += trial.SuggestDouble(name, 0, 1);
            }

            for (int step = 0; step < 10; step++)
            {
                trial.Report(step, sum);
            }

            return Task.FromResult(sum);
        }
    }
}
