using Mlops.Registry;
using Mlops.Tuning;

namespace Quickstart;

/// <summary>What happens before the replay, on 2001-2003 alone: tune, fit version 1, make it champion. Repeating it finds what is there.</summary>
public sealed class Preparation(RideHistory history, Studies studies, ReplayLog log, RidershipModels models, ModelRegistry registry)
{
    public const int Trials = 40;

    private const int Folds = 8;
    private const int FoldDays = 91;
    private const string Key = "version-1";

    /// <summary>Days of history that tuning needs.</summary>
    public const int NeededDays = (Folds + 1) * FoldDays;

    public async Task RunAsync(IProgress<StudyProgress> progress, CancellationToken cancellationToken)
    {
        models.Use(await TuneAsync(progress, cancellationToken));
        TrainingRow[] rows = models.Features.RowsOf(history.Past);
        await log.ImportAsync(rows, cancellationToken);
        LinearModel model = models.Fit(rows);
        ModelVersion first = await models.RegisterAsync("first", rows, model, Key, null, cancellationToken);
        if (await registry.FindAsync(ModelReference.ToAlias(RidershipModels.Name, RidershipModels.Alias), cancellationToken) is not null)
            return;
        await models.SetReferenceAsync(first, rows, model, cancellationToken);
        await registry.SetAliasAsync(RidershipModels.Name, RidershipModels.Alias, first.Number, Expected.None, new() { Reason = "the first version" }, cancellationToken);
    }

    /// <summary>
    /// Sequential random search; each trial becomes a tracked run. A trial's values depend on the seed and its number alone, so that a study that
    /// was interrupted ends like one that was not.
    /// </summary>
    private async Task<Hyperparameters> TuneAsync(IProgress<StudyProgress> progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<TimeFold> folds = TimeFolds.Expanding(history.Past.Count, Folds, FoldDays);
        Study study = await studies.OpenAsync(RidershipModels.Name, Direction.Minimize, new() { Sampler = new RandomSampler(), Seed = 2001 }, cancellationToken);
        await study.OptimizeAsync(
            (trial, token) =>
            {
                Hyperparameters parameters = new(
                    trial.SuggestDouble("lambda", 1e-4, 1, log: true), trial.SuggestInt("harmonics", 1, 6), trial.SuggestDouble("half_life_days", 90, 1460, log: true));
                TrainingRow[] rows = new FeatureMap(parameters.Harmonics).RowsOf(history.Past);
                double sum = 0;
                foreach (TimeFold fold in folds)
                {
                    token.ThrowIfCancellationRequested();
                    sum += RidershipTrainer.FoldErrors(rows, fold, parameters).Average();
                }

                return Task.FromResult(sum / folds.Count);
            },
            new() { TotalTrials = Trials, Progress = progress },
            cancellationToken);
        TrialRecord best = await study.GetBestAsync(cancellationToken);
        return new(best.Get<double>("lambda"), best.Get<int>("harmonics"), best.Get<double>("half_life_days"));
    }
}
