using System.Text.Json;
using Mlops;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Tracking;

namespace NightlyRetrain;

/// <summary>The steps that make a candidate. Each may run again after a crash: its key finds what an earlier attempt has stored.</summary>
public sealed class Training(RideTable rides, Tracker tracker, ModelRegistry registry)
{
    private const int HistoryYears = 3, HeldOutDays = 28, Folds = 4;

    public async Task<Dataset> LoadAsync(StepContext<Night> context)
    {
        DateOnly night = context.Parameters.Date, from = night.AddYears(-HistoryYears);
        IReadOnlyList<Day> days = await rides.ReadAsync(from, night, context.CancellationToken);
        if (days.Count == 0)
            throw new PermanentStepException($"There are no days from {from:yyyy-MM-dd} to {night:yyyy-MM-dd}.");
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(days, NightJson.Default.IReadOnlyListDay);
        ArtifactRef rows = await context.StoreArtifactAsync(new MemoryStream(json), context.CancellationToken);
        return new Dataset(rows, days.Count, days[^1].Date, night.DayNumber - from.DayNumber - days.Count);
    }

    /// <summary>Four weeks at a time, each judged by a model of everything before it.</summary>
    public async Task<Score> ValidateAsync(double penalty, Dataset data, StepContext<Night> context)
    {
        IReadOnlyList<Day> days = await ReadAsync(data, context);
        double sum = 0;
        for (int fold = 1; fold <= Folds; fold++)
        {
            int split = days.Count - ((fold + 1) * HeldOutDays);
            sum += RideModel.Fit([.. days.Take(split)], penalty).ErrorOn([.. days.Skip(split).Take(HeldOutDays)]);
            context.Report(fold / (double)Folds, $"fold {fold} of {Folds}");
        }

        return new Score(penalty, sum / Folds);
    }

    public async Task<Candidate> TrainAsync(Dataset data, double penalty, StepContext<Night> context)
    {
        IReadOnlyList<Day> days = await ReadAsync(data, context);
        RideModel model = RideModel.Fit([.. days.Take(days.Count - HeldOutDays)], penalty);
        double error = model.ErrorOn(HeldOut(days));

        await using Run run = await tracker.StartRunAsync(
            "ridership", new() { Name = $"{context.Parameters.Date:yyyy-MM-dd}", IdempotencyKey = context.IdempotencyKey }, context.CancellationToken);
        if (run.Status == RunStatus.Running)
        {
            run.LogParameter("penalty", penalty);
            run.LogMetric("held_out_mae", error);
            run.Complete();
        }

        ModelVersion version = await context.RegisterModelAsync(registry, Release.Model, model.ToOnnx(), new() { RunId = run.Id });
        return new Candidate(version.Number, error);
    }

    internal static Day[] HeldOut(IReadOnlyList<Day> days) => [.. days.Skip(days.Count - HeldOutDays)];

    internal static async Task<IReadOnlyList<Day>> ReadAsync(Dataset data, StepContext<Night> context)
    {
        await using Stream stream = await context.OpenArtifactAsync(data.Rows, context.CancellationToken);
        return (await JsonSerializer.DeserializeAsync(stream, NightJson.Default.IReadOnlyListDay, context.CancellationToken))!;
    }
}
