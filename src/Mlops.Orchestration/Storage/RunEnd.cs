namespace Mlops.Orchestration;

/// <summary>A run that was ended from outside of its steps, and what its span needs.</summary>
internal sealed record RunEnd(long Id, string Pipeline, PipelineRunState State, long Created, string? TraceParent);
