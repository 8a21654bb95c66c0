namespace Mlops.Orchestration;

/// <summary>The moments around what is stored, at which crash tests end a process.</summary>
internal enum ExecutionPoint
{
    BeforeStart,
    AfterStart,
    BeforeClaim,
    AfterClaim,
    BeforeExecution,
    AfterExecution,
    BeforeArtifact,
    AfterArtifact,
    BeforeMemo,
    AfterMemo,
    BeforeCommit,
    AfterCommit,
    BeforeDecision,
    AfterDecision,
    BeforeTick,
    AfterTick,
}
