using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

/// <summary>A process that works on a study until it has its trials, and prints each outcome that the store has acknowledged.</summary>
internal static class CrashWorker
{
    public const string Study = "crash";

    /// <summary>A study whose choices depend on other trials, but not on who was faster or killed.</summary>
    public const string LaggedStudy = "crash with a lag";

    /// <summary>A study whose trials go on from their checkpoints.</summary>
    public const string CheckpointedStudy = "crash with checkpoints";

    public const int Steps = 6;

    public static TuningOptions Options => new()
    {
        LeaseDuration = TimeSpan.FromSeconds(1),
        ReportInterval = TimeSpan.FromMilliseconds(20),
        MaximumAttempts = 1_000,
    };

    public static Database Open(string engine, string connectionString) =>
        engine == "sqlite" ? new SqliteDatabase(connectionString) : new PostgreSqlDatabase(connectionString);

    public static async Task<int> RunAsync(string[] arguments)
    {
        await using Database database = Open(arguments[0], arguments[1]);
        await using var studies = new Studies(database, Options, [new Printer()]);
        Study study = await OpenAsync(studies, arguments[3]);
        await study.OptimizeAsync(arguments[3] == CheckpointedStudy ? CheckpointedObjective : Objective, new() { TotalTrials = int.Parse(arguments[2], CultureInfo.InvariantCulture), Parallelism = 4 });
        return 0;
    }

    public static Task<Study> OpenAsync(Studies studies, string name) => studies.OpenAsync(
        name, Direction.Minimize, name == LaggedStudy ? new() { Sampler = new TpeSampler(), Pruner = new MedianPruner(), Determinism = Determinism.Lag(7) } : new() { Sampler = new RandomSampler() });

    public static async Task<double> Objective(Trial trial, CancellationToken cancellationToken)
    {
        double x = trial.SuggestDouble("x", -5, 5);
        for (int step = 0; step < 3; step++)
        {
            await Task.Delay(5, cancellationToken);
            trial.Report(step, x * step);
            trial.ThrowIfPruned();
        }

        int n = trial.SuggestInt("n", 1, 100, log: true);
        return (x * x) + n;
    }

    /// <summary>What the checkpointed objective has gathered after a step.</summary>
    public static double Gather(double gathered, double x, int step) => (gathered / 3) + (x * (step + 1));

    /// <summary>Prints from which step it begins, and each checkpoint that the store has acknowledged.</summary>
    private static async Task<double> CheckpointedObjective(Trial trial, CancellationToken cancellationToken)
    {
        double x = trial.SuggestDouble("x", -5, 5);
        TrialCheckpoint? saved = await trial.FindCheckpointAsync(cancellationToken);
        double gathered = saved is null ? 0 : BitConverter.ToDouble(saved.Data.Span);
        Console.Out.WriteLine(FormattableString.Invariant($"begins {trial.Number} {trial.Attempt} {(saved?.Step ?? -1) + 1}"));
        for (int step = (saved?.Step ?? -1) + 1; step < Steps; step++)
        {
            await Task.Delay(5, cancellationToken);
            gathered = Gather(gathered, x, step);
            trial.Report(step, gathered);
            await trial.SaveCheckpointAsync(step, BitConverter.GetBytes(gathered), cancellationToken);
            Console.Out.WriteLine(FormattableString.Invariant($"saved {trial.Number} {trial.Attempt} {step}"));
        }

        return gathered;
    }

    private sealed class Printer : ITrialObserver
    {
        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            Console.Out.WriteLine(FormattableString.Invariant($"{trial.Number} {trial.Attempt} {trial.Finished!.Value.UtcTicks} {trial.Value:R}"));
            return ValueTask.CompletedTask;
        }
    }
}
