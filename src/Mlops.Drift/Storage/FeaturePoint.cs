namespace Mlops.Drift;

/// <summary>What one stored report says of one column.</summary>
/// <param name="ReportId">The report's <see cref="StoredReport.Id"/>, also the key for paging.</param>
/// <param name="EvaluatedAt">When the report was evaluated, to the microsecond.</param>
/// <param name="ModelVersion">The model version that was watched, or null.</param>
/// <param name="Verdict">The verdict on the column; null when the report does not have the column.</param>
/// <param name="Effect">The size of its difference in the unit of its test, or null.</param>
/// <param name="AdjustedPValue">Its p-value adjusted for the number of columns, or null.</param>
public sealed record FeaturePoint(
    long ReportId, DateTimeOffset EvaluatedAt, string? ModelVersion, DriftVerdict? Verdict, double? Effect, double? AdjustedPValue);
