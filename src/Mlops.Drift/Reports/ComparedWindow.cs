namespace Mlops.Drift;

internal sealed record ComparedWindow(
    IReadOnlyList<FeatureDrift> Features, DriftVerdict Verdict, int Rows, string? Season, IReadOnlyList<string> Warnings);
