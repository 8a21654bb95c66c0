using Mlops.Storage;

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

    /// <summary>Whose process it is; null for a run that holds no lease.</summary>
    public OwnerClaim? Claim { get; init; }

    /// <summary>The hash of its stored surroundings; null when they are not stored yet.</summary>
    public byte[]? Environment { get; init; }

    /// <summary>Logged as a parameter once the run is open.</summary>
    public long? Seed { get; init; }
}

/// <summary>What a start found or made, and the owner's lease as the start left it.</summary>
internal readonly record struct StartedRun(RunRow Row, Lease? Lease);

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
    long? Deleted,
    bool IsLost = false)
{
    /// <summary>Whether its start stored where its surroundings are.</summary>
    public bool HasEnvironment { get; init; }
}
