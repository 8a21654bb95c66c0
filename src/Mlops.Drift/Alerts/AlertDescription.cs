using System.Globalization;

namespace Mlops.Drift;

/// <summary>What an alert says, from the report that decided. A reason is logged, so it names columns and no value.</summary>
internal sealed record AlertDescription(AlertSeverity Severity, string Reason)
{
    public IReadOnlyList<string> Features { get; init; } = [];

    public IReadOnlyList<string> Segments { get; init; } = [];

    public IReadOnlyList<string> SegmentColumns { get; init; } = [];

    public double? PValue { get; init; }

    public double? Effect { get; init; }

    /// <summary>Whether the report says that this kind of alert is due.</summary>
    public static bool IsDue(AlertKind kind, DriftReport report) => kind switch
    {
        AlertKind.Data => report.Verdict == DriftVerdict.Drift && report.OverTime is not { IsDiscovery: false },
        AlertKind.Error => report.Error is { Verdict: DriftVerdict.Drift },
        AlertKind.ErrorChange => report.Error is { Change.IsNew: true },
        AlertKind.GroupGap => report.GroupGaps.Any(static gap => gap.IsProven),
        _ => report.EstimatedError is { Verdict: DriftVerdict.Drift },
    };

    /// <summary>Describes an alert that is due.</summary>
    public static AlertDescription Of(AlertKind kind, DriftReport report) => kind switch
    {
        AlertKind.Data => OfData(report),
        AlertKind.Error => new(AlertSeverity.Critical, report.Error!.Reason) { PValue = report.Error.PValue, Effect = report.Error.Effect },
        AlertKind.ErrorChange => OfChange(report.Error!.Change!),
        AlertKind.GroupGap => OfGaps([.. report.GroupGaps.Where(static gap => gap.IsProven).OrderByDescending(static gap => gap.Lower)]),
        _ => new(AlertSeverity.Warning, report.EstimatedError!.Reason) { Effect = report.EstimatedError.Effect },
    };

    private static AlertDescription OfData(DriftReport report)
    {
        FeatureDrift[] drifted = Drifted(report.Features);
        SegmentDrift[] segments = [.. report.Segments.Where(static segment => segment.Verdict == DriftVerdict.Drift).OrderBy(static segment => segment.AdjustedPValue)];

        // The whole window is the headline; a segment is where only segments drift.
        FeatureDrift first = drifted.Length > 0 ? drifted[0] : Drifted(segments[0].Features)[0];
        string headline = drifted.Length > 0
            ? $"{drifted.Length} of {report.Features.Count} columns drift; {first.Name}: {first.Reason}"
            : $"{segments.Length} of {report.Segments.Count} segments drift, the surest by {segments[0].Column}; {first.Name}: {first.Reason}";
        return new AlertDescription(2 * drifted.Length > report.Features.Count ? AlertSeverity.Critical : AlertSeverity.Warning, headline)
        {
            Features = [.. (drifted.Length > 0 ? drifted : segments.SelectMany(static segment => Drifted(segment.Features))).Select(static feature => feature.Name).Distinct()],
            Segments = [.. segments.Select(static segment => $"{segment.Column} = {segment.Value}")],
            SegmentColumns = [.. segments.Select(static segment => segment.Column).Distinct()],
            PValue = first.AdjustedPValue,
            Effect = first.Effect,
        };
    }

    private static AlertDescription OfChange(ErrorChange change) => new(
        AlertSeverity.Critical, $"{change.Detector} found a change of the errors, the {Text(change.Changes)}. of this version; {Text(change.Rows)} labels have come since");

    private static AlertDescription OfGaps(GroupGap[] proven) => new(
        AlertSeverity.Warning, $"{proven[0].Column}: the {Words(proven[0].Kind)} of two groups differs by at least {Text(proven[0].Lower)}, and {proven.Length} gaps in all are beyond the floor")
    {
        Features = [.. proven.Select(static gap => gap.Column!).Distinct()],
        Segments = [.. proven.Select(static gap => $"{gap.Column}: {gap.Lowest} and {gap.Highest}").Distinct()],
        SegmentColumns = [.. proven.Select(static gap => gap.Column!).Distinct()],
        Effect = proven[0].Lower,
    };

    private static FeatureDrift[] Drifted(IReadOnlyList<FeatureDrift> features) => [.. features.Where(static feature => feature.Verdict == DriftVerdict.Drift)
        .OrderBy(static feature => feature.AdjustedPValue).ThenByDescending(static feature => feature.Effect).ThenBy(static feature => feature.Name, StringComparer.Ordinal)];

    private static string Words(GroupRateKind kind) => kind switch
    {
        GroupRateKind.Selection => "selection rate",
        GroupRateKind.TruePositive => "true positive rate",
        GroupRateKind.FalsePositive => "false positive rate",
        GroupRateKind.Precision => "precision",
        _ => "mean absolute error",
    };

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
