namespace Mlops.Orchestration;

/// <summary>Where an approval step stands: whether it has asked, and what was decided.</summary>
internal sealed record ApprovalGate(string? Question, StoredDecision? Decision);

internal sealed record StoredDecision(bool IsApproved, string Actor, string? Comment, DateTimeOffset At)
{
    public StepApproval ToApproval() => new(Actor, Comment, At);
}

/// <summary>A decision about to be stored.</summary>
internal sealed record NewDecision(long RunId, string Step, bool IsApproved, string Actor, string? Comment);
