namespace Mlops.Drift;

/// <summary>The names under which a database holds what a row carries beside its columns; null where it holds none.</summary>
internal sealed record RowNames(string? Id = null, string? Label = null, string? Timestamp = null, string? ModelVersion = null)
{
    public static RowNames None { get; } = new();
}
