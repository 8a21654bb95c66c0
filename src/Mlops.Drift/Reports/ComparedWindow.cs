namespace Mlops.Drift;

internal sealed record ComparedWindow(
    IReadOnlyList<FeatureDrift> Features, IReadOnlyList<SegmentDrift> Segments, DriftVerdict Verdict, int Rows, string? Season, IReadOnlyList<string> Warnings);
