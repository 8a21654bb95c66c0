namespace Mlops.Orchestration;

/// <summary>A run as it is stored.</summary>
internal sealed record RunRow(
    long Id,
    string Pipeline,
    string GraphHash,
    string? IdempotencyKey,
    PipelineRunState State,
    RunFailureKind? FailureKind,
    string? FailedStep,
    string? Error,
    DateTimeOffset Created,
    DateTimeOffset? Finished,
    long LastSequence,
    byte[] Parameters,
    DateTimeOffset? Paused,
    long? RerunOf,
    RunPriority Priority,
    string? Schedule,
    string? OnlySteps,
    DataInterval? Partition,
    string? PartitionOf);

/// <summary>A step's state and, once it has succeeded, its result.</summary>
internal sealed record StepResultRow(string Key, StepState State, string? Error, StoredPayload Payload);
