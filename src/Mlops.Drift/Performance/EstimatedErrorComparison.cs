namespace Mlops.Drift;

/// <summary>Judges an estimated loss as a measured error is judged, with the interval in the test's place.</summary>
internal static class EstimatedErrorComparison
{
    public static EstimatedError Judge(EstimatedLoss loss, ErrorThresholds thresholds)
    {
        double? effect = loss.ReferenceMean > 0 && loss.Mean is { } mean ? (mean.Value / loss.ReferenceMean) - 1 : null;
        (DriftVerdict verdict, string reason) = Decide(loss, effect, thresholds);
        return new EstimatedError
        {
            Measure = loss.Measure,
            Verdict = verdict,
            Reason = reason,
            Rows = loss.Rows,
            Mean = loss.Mean,
            ReferenceMean = loss.ReferenceMean,
            Effect = effect,
            EffectFloor = thresholds.EffectFloor,
        };
    }

    private static (DriftVerdict Verdict, string Reason) Decide(EstimatedLoss loss, double? effect, ErrorThresholds thresholds)
    {
        if (loss.Mean is not { } mean || loss.Rows < thresholds.MinimumRows)
            return (DriftVerdict.Undecided, $"{loss.Rows} predictions are too few; {thresholds.MinimumRows} are needed");
        if (mean.Lower > loss.ReferenceMean)
        {
            return effect is null || effect >= thresholds.EffectFloor
                ? (DriftVerdict.Drift, $"without labels the error is estimated {ErrorComparison.Percent(effect)} above the reference's, and above it in the whole interval")
                : (DriftVerdict.NoDrift, $"the estimate lies above the reference's error, but negligibly: {ErrorComparison.Percent(effect)} is below the floor {ErrorComparison.Percent(thresholds.EffectFloor)}");
        }

        double most = loss.ReferenceMean * (1 + thresholds.MaterialEffect);
        return mean.Upper <= most
            ? (DriftVerdict.NoDrift, $"the whole interval lies below an error {ErrorComparison.Percent(thresholds.MaterialEffect)} above the reference's")
            : (DriftVerdict.Undecided, $"the interval holds the reference's error and one {ErrorComparison.Percent(thresholds.MaterialEffect)} above it");
    }
}
