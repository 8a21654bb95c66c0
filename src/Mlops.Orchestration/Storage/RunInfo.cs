namespace Mlops.Orchestration;

/// <summary>What stays the same while a run lasts.</summary>
internal sealed record RunInfo(long Id, long VersionId, string Uid, byte[] Parameters, string? TraceParent, long Created, string? CacheUse);
