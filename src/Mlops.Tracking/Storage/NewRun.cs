using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What a start asks an <see cref="ITrackingStore"/> to write.</summary>
public sealed record NewRun
{
    internal NewRun()
    {
    }

    /// <summary>32 hexadecimal digits that no other start has: the run's id, where the store lets its clients choose.</summary>
    public required string Id { get; init; }

    /// <summary>The experiment's name; created at its first run.</summary>
    public required string Experiment { get; init; }

    /// <summary>The name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The id of the run this one belongs to, or null.</summary>
    public required string? ParentId { get; init; }

    /// <summary>Tags set together with the start.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Makes the start repeatable; null for a run of its own.</summary>
    public required string? IdempotencyKey { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it was asked for: what is created along with it is of this time, whatever the run says of itself.</summary>
    internal long Asked { get; init; }

    /// <summary>Whose process it is; null for a run that holds no lease.</summary>
    internal OwnerClaim? Claim { get; init; }

    /// <summary>The hash of its stored surroundings; null when they are not stored yet.</summary>
    internal byte[]? Environment { get; init; }

    /// <summary>Logged as a parameter once the run is open.</summary>
    internal long? Seed { get; init; }
}

/// <summary>What a start found or made, and the owner's lease as the start left it.</summary>
internal readonly record struct StartedRun(RunRow Row, Lease? Lease);

/// <summary>A row of <c>tracking_run</c> joined to its experiment and parent; what another store says of a run, with no key.</summary>
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

    public static RunRow Of(RunRecord run) => new(
        0, run.Id, run.Experiment, run.Name, run.ParentId, run.Status, UnixMicroseconds.From(run.StartTime), run.EndTime is { } ended ? UnixMicroseconds.From(ended) : null,
        run.DroppedItems, run.ExperimentId, run.DeletedAt is { } deleted ? UnixMicroseconds.From(deleted) : null, run.IsLost);
}
