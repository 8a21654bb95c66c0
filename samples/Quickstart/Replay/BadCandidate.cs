using Mlops.Registry;

namespace Quickstart;

/// <summary>
/// A mishap, staged once: somebody registers a model fitted on shuffled labels and asks for its promotion. Nothing but the gate stands between it
/// and the users.
/// </summary>
public sealed class BadCandidate(ReplayLog log, RidershipModels models, Retraining retraining)
{
    /// <summary>The day it happens.</summary>
    public static readonly DateOnly Day = new(2010, 3, 1);

    /// <summary>Pushes the candidate if this is the day; answers what the gate decided, else null.</summary>
    public async Task<CandidateDecision?> PushAsync(DateOnly today, CancellationToken cancellationToken)
    {
        if (today != Day)
            return null;
        IReadOnlyList<TrainingRow> rows = await log.LabelledAsync(today, RetrainPolicy.TrainingDays, cancellationToken);
        double[] labels = [.. rows.Select(static row => row.Target)];
        new Random(1).Shuffle(labels);
        List<TrainingRow> shuffled = [.. rows.Zip(labels, static (row, label) => row with { Target = label })];
        const string Key = "pushed-by-hand";
        ModelVersion version = await models.RegisterAsync("shuffled labels", shuffled, models.Fit(shuffled), Key, null, cancellationToken);
        return await retraining.JudgeAsync(
            version.Number, new RetrainRequest(today, CandidateOrigin.Pushed, "a model fitted on shuffled labels, registered through the API"), Key, cancellationToken);
    }
}
