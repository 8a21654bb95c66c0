namespace Mlops.Orchestration;

/// <summary>Somebody has approved: the result of an approval step.</summary>
/// <param name="Actor">Who, as given to <see cref="Pipelines.ApproveAsync"/>.</param>
/// <param name="Comment">What they said, if anything.</param>
/// <param name="DecidedAt">When, by the database's clock.</param>
public sealed record StepApproval(string Actor, string? Comment, DateTimeOffset DecidedAt);
