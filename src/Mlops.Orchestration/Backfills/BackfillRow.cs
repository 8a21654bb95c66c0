namespace Mlops.Orchestration;

/// <summary>A backfill that is not over, as a scheduler follows it.</summary>
internal sealed record BackfillRow(
    long Id, long From, long To, BackfillPartitions Partitions, long MaximumActive, long DealtWith, long Urgency, long Active);

/// <summary>The latest run of a partition.</summary>
internal readonly record struct PartitionRun(PipelineRunState State, long VersionId);
