namespace Mlops.Orchestration;

/// <summary>How a backfill goes about it.</summary>
public sealed record BackfillOptions
{
    /// <summary>Which partitions are run. Default: missing ones.</summary>
    public BackfillPartitions Partitions { get; init; } = BackfillPartitions.Missing;

    /// <summary>At most so many of its runs at once, 1 to 1 000. Default 4.</summary>
    public int MaximumActive { get; init; } = 4;

    /// <summary>Of its runs. Default <see cref="RunPriority.Low"/>: after everything else.</summary>
    public RunPriority Priority { get; init; } = RunPriority.Low;

    /// <summary>A second backfill of a schedule with the same key is the first one, with the range and options of the first; at most 200 characters, null for none.</summary>
    public string? IdempotencyKey { get; init; }
}
