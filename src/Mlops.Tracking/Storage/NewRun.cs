namespace Mlops.Tracking;

/// <summary>What a start writes.</summary>
internal sealed record NewRun(
    string Id,
    string Experiment,
    string Name,
    string? ParentId,
    IReadOnlyDictionary<string, string> Tags,
    string? IdempotencyKey,
    long Started)
{
    /// <summary>When it was asked for: what is created along with it is of this time, whatever the run says of itself.</summary>
    public required long Asked { get; init; }
}

/// <summary>A row of <c>tracking_run</c> joined to its experiment and parent.</summary>
internal sealed record RunRow(
    long Key,
    string Id,
    string Experiment,
    string Name,
    string? ParentId,
    RunStatus Status,
    long Started,
    long? Ended,
    long Dropped,
    long ExperimentId,
    long? Deleted);
