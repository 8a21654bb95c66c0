namespace Mlops.Drift;

internal sealed record ComparedWindow(
    IReadOnlyList<FeatureDrift> Features, IReadOnlyList<SegmentDrift> Segments, DriftVerdict Verdict, long Rows, double? PValue, string? Season, IReadOnlyList<string> Warnings);
