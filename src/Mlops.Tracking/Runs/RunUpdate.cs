namespace Mlops.Tracking;

/// <summary>What of a run <see cref="Tracker.UpdateRunAsync"/> changes; what is null stays.</summary>
public sealed class RunUpdate
{
    /// <summary>
    /// Where it is in its life. An end without <see cref="EndTime"/> keeps the end time there is, or is now;
    /// <see cref="RunStatus.Running"/> opens the run again and forgets its end time.
    /// </summary>
    public RunStatus? Status { get; set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndTime { get; set; }

    /// <summary>The name for people, 1 to 250 characters on one line; the tag <see cref="RunTags.Name"/>, when the run has it, follows.</summary>
    public string? Name { get; set; }
}
