using System.Globalization;
using Mlops.Registry;

namespace Quickstart;

/// <summary>Follows the lineage of one day's prediction back to data and decision.</summary>
public sealed class Explanation(ReplayLog log, ModelRegistry registry)
{
    public async Task<int> WriteAsync(DateOnly date, TextWriter output, CancellationToken cancellationToken)
    {
        if (await log.FindAsync(date, cancellationToken) is not { Prediction: { } prediction, Version: { } number } day)
        {
            output.WriteLine($"There is no prediction for {date:yyyy-MM-dd} here: the replay has not come to that day, or the data skips it.");
            return 1;
        }

        ModelVersion version = await registry.GetAsync(ModelReference.ToVersion(RidershipModels.Name, number), cancellationToken);
        output.WriteLine($"{date:yyyy-MM-dd}  predicted {prediction:F3} thousand entries, {(day.Actual is { } actual ? $"counted {actual:F3}, off by {Math.Abs(actual - prediction):F3}" : "label not known yet")}");
        output.WriteLine($"  prediction  {day.PredictionId}");
        output.WriteLine($"  version     {version.Reference}, SHA-256 {version.Hash}");
        output.WriteLine($"  run         {version.RunId}");
        output.WriteLine($"  data        {version.Tags[RidershipModels.RowsTag]} days, {version.Tags[RidershipModels.FromTag]} to {version.Tags[RidershipModels.UntilTag]}, SHA-256 {version.Tags[RidershipModels.DataTag]}");
        if (!version.Tags.TryGetValue(RidershipModels.CandidateTag, out string? candidate))
        {
            output.WriteLine("  decision    the first version, tuned and fitted before the replay; nothing to compare with");
            return 0;
        }

        if (await FindDecisionAsync(int.Parse(candidate, CultureInfo.InvariantCulture), cancellationToken) is not { } decision)
            throw new InvalidOperationException($"Version {number} is the refit of candidate {candidate}, whose decision is not stored.");
        PairedVerdict verdict = PairedErrorGate.VerdictOf(decision);
        output.WriteLine($"  decision    {decision.At:yyyy-MM-dd}: candidate {RidershipModels.Name}/{decision.Candidate} against {RidershipModels.Name}/{decision.Previous},");
        output.WriteLine($"              mean error {verdict.CandidateError:F3} against {verdict.ChampionError:F3}, better by {verdict.Improvement:F3}, {ReportText.P(verdict.PValue)}; then fitted again on all days");
        output.WriteLine($"  because     {decision.Reason}");
        return 0;
    }

    private async Task<PromotionDecision?> FindDecisionAsync(int candidate, CancellationToken cancellationToken)
    {
        long? before = null;
        while (true)
        {
            IReadOnlyList<PromotionDecision> page = await registry.ListDecisionsAsync(RidershipModels.Name, RidershipModels.Alias, 100, before, cancellationToken);
            if (page.Count == 0)
                return null;
            if (page.FirstOrDefault(decision => decision.Candidate == candidate) is { } found)
                return found;
            before = page[^1].Id;
        }
    }
}
