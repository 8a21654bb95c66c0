namespace Mlops.Tracking;

/// <summary>Everything one write appends to one run, in one transaction.</summary>
internal sealed record RunBatch
{
    public required long Run { get; init; }

    public required string RunId { get; init; }

    /// <summary>Who writes, and the number of this write among its own: repeating a number changes nothing. Null for whoever does not repeat.</summary>
    public long? Writer { get; init; }

    public long Sequence { get; init; }

    /// <summary>The number that must be the writer's last for this one to count, 0 for none; null for any smaller one.</summary>
    public long? Follows { get; init; }

    /// <summary>The owner of the handle that writes.</summary>
    public string? Owner { get; init; }

    /// <summary>The hash of the surroundings that the run is to refer to; null for nothing to change.</summary>
    public byte[]? Environment { get; init; }

    public MetricBlock? Block { get; init; }

    public SeriesTotals[] Totals { get; init; } = [];

    public IReadOnlyCollection<KeyValuePair<string, string>> Parameters { get; init; } = [];

    public IReadOnlyCollection<KeyValuePair<string, string>> Tags { get; init; } = [];

    public IReadOnlyList<DatasetInput> Datasets { get; init; } = [];

    /// <summary>When it is written.</summary>
    public long Time { get; init; }

    /// <summary>Items dropped since the last write.</summary>
    public long Dropped { get; init; }

    /// <summary>How and when the run ended, or null.</summary>
    public (RunStatus Status, long Time)? End { get; init; }
}

/// <summary>What a write found.</summary>
/// <param name="PackingIsDue">Whether the run's blocks should be packed.</param>
/// <param name="UnpackedBlocks">Blocks that wait to be packed; null when the write brought none.</param>
/// <param name="Conflict">The parameters whose stored values differ; they were left as they are.</param>
/// <param name="HasEnded">Whether the write ended the run.</param>
/// <param name="IsOutOfTurn">The write was stored before, or another one lies between; nothing was stored now.</param>
internal readonly record struct AppendOutcome(
    bool PackingIsDue, long? UnpackedBlocks, ParameterConflictException? Conflict, bool IsOutOfTurn = false, bool HasEnded = false);
