using Mlops.Storage.Sqlite;
using Mlops.Tuning;

namespace TuneOverProcesses;

/// <summary>One of several processes that work on the study. It needs to know nothing of the others.</summary>
internal static class Worker
{
    public const string StudyName = "moons";

    public static async Task RunAsync(string file, int trials)
    {
        await using var database = new SqliteDatabase($"Data Source={file}");
        await using Studies studies = Open(database);
        Study study = await OpenAsync(studies);
        await study.OptimizeAsync(Objective, new() { TotalTrials = trials });
    }

    /// <summary>Others take over a trial whose process was gone for two seconds.</summary>
    public static Studies Open(SqliteDatabase database) => new(database, new TuningOptions { LeaseDuration = TimeSpan.FromSeconds(2) });

    public static Task<Study> OpenAsync(Studies studies) => studies.OpenAsync(StudyName, Direction.Minimize, new() { Sampler = new TpeSampler(), Pruner = new MedianPruner() });

    private static Task<double> Objective(Trial trial, CancellationToken cancellationToken)
    {
        double rate = trial.SuggestDouble("rate", 1e-3, 3, log: true);
        int hidden = trial.SuggestInt("hidden", 2, 32, log: true);
        double decay = trial.SuggestDouble("decay", 1e-6, 1e-1, log: true);

        // A parameter that only some trials have.
        double momentum = trial.SuggestCategorical("optimizer", "plain", "momentum") == "momentum" ? trial.SuggestDouble("momentum", 0.5, 0.99) : 0;

        var network = new Network(hidden, seed: trial.Number);
        double loss = double.NaN;
        for (int epoch = 0; epoch < 40; epoch++)
        {
            network.Train(Moons.Training, rate, momentum, decay);
            loss = network.Loss(Moons.Validation);
            trial.Report(epoch, loss);
            trial.ThrowIfPruned();
        }

        return Task.FromResult(loss);
    }
}
