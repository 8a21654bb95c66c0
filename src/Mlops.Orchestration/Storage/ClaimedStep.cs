namespace Mlops.Orchestration;

/// <summary>A step that this worker may run: every write it leads to is conditional on the epoch.</summary>
internal sealed record ClaimedStep(
    RunInfo Run, string Key, string Node, long Attempt, long Epoch, long Failures, long Lost, byte[]? Item);
