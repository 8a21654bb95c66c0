using System.Diagnostics;
using System.Globalization;
using Mlops.Storage.Sqlite;
using Mlops.Tuning;

namespace Mlops.Benchmarks.Tuning;

/// <summary>What it costs to understand a study of ten real parameters, the reading included: verb <c>tuning-understanding [trials ...]</c>. Medians of five.</summary>
public static class TuningUnderstanding
{
    private const int Repetitions = 5;
    private const int Parameters = 10;

    /// <summary>Prints a table.</summary>
    public static async Task RunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        int[] sizes = args.Length > 1 ? Array.ConvertAll(args[1..], static size => int.Parse(size, CultureInfo.InvariantCulture)) : [100, 1_000, 10_000];
        Console.WriteLine("| what | trials | ms, median |");
        Console.WriteLine("|---|---:|---:|");
        foreach (int trials in sizes)
        {
            await MeasureAsync(trials).ConfigureAwait(false);
        }
    }

    private static async Task MeasureAsync(int trials)
    {
        string folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;
        try
        {
            var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "studies.db")}");
            await using (database.ConfigureAwait(false))
            {
                var studies = new Studies(database);
                await using (studies.ConfigureAwait(false))
                {
                    Study study = await studies.OpenAsync("one", Direction.Minimize).ConfigureAwait(false);
                    await study.OptimizeAsync(static (trial, _) => Task.FromResult(Sphere(trial)), new() { TotalTrials = trials, Parallelism = 8 }).ConfigureAwait(false);
                    Study three = await studies.OpenAsync("three", [Direction.Minimize, Direction.Minimize, Direction.Minimize]).ConfigureAwait(false);
                    await three.OptimizeAsync(static (trial, _) => Task.FromResult(Shell(trial)), new() { TotalTrials = trials, Parallelism = 8 }).ConfigureAwait(false);
                    int front = (await three.GetParetoFrontAsync().ConfigureAwait(false)).Count;

                    await TimeAsync("PED-ANOVA, 200 resamples", trials, () => study.GetImportancesAsync()).ConfigureAwait(false);
                    await TimeAsync("fANOVA, 64 trees", trials, () => study.GetImportancesAsync(new() { Method = ImportanceMethod.Fanova })).ConfigureAwait(false);
                    await TimeAsync("page", trials, () => study.ToHtmlAsync()).ConfigureAwait(false);
                    await TimeAsync($"hypervolume of 3 objectives, {front} on the front", trials, () => three.GetHypervolumeAsync([2, 2, 2])).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task TimeAsync<T>(string what, int trials, Func<Task<T>> call)
    {
        await call().ConfigureAwait(false);
        double[] times = new double[Repetitions];
        for (int i = 0; i < times.Length; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await call().ConfigureAwait(false);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {trials:N0} | {times[Repetitions / 2]:F1} |"));
    }

    private static double Sphere(Trial trial)
    {
        double sum = 0;
        for (int i = 0; i < Parameters; i++)
        {
            double x = trial.SuggestDouble($"x{i}", -1, 1);
            sum += (i + 1) * x * x;
        }

        return sum;
    }

    /// <summary>Random points beside an eighth of a sphere.</summary>
    private static double[] Shell(Trial trial)
    {
        double[] point = [trial.SuggestDouble("a", 0.05, 1), trial.SuggestDouble("b", 0.05, 1), trial.SuggestDouble("c", 0.05, 1)];
        double length = Math.Sqrt(point.Sum(static value => value * value)) * (1 - (0.3 * trial.SuggestDouble("r", 0, 1)));
        return Array.ConvertAll(point, value => value / length);
    }
}
