namespace Mlops.Orchestration;

/// <summary>A run that waits for somebody to decide.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Step">The key of the approval step.</param>
/// <param name="Question">What is to be decided, in the words of the definition.</param>
/// <param name="ExpiresAt">When it counts as rejected; null for never.</param>
public sealed record PendingApproval(long RunId, string Pipeline, string Step, string Question, DateTimeOffset? ExpiresAt);
