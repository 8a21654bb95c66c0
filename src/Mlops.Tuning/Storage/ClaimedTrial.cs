namespace Mlops.Tuning;

/// <summary>A trial that this process holds since an ask.</summary>
/// <param name="Id">The row.</param>
/// <param name="Number">The number within the study.</param>
/// <param name="State">Running, or how it ended when the ask repeats one whose trial was told since.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Epoch">The fencing token of every write for it.</param>
/// <param name="Watermark">How many trials of the study had finished when its first attempt began.</param>
/// <param name="Proposal">Values chosen together before the trial was made, as stored.</param>
/// <param name="Parameters">Values that an earlier attempt has asked for, as stored.</param>
/// <param name="LastReport">The last report that an earlier attempt has stored, or null.</param>
internal sealed record ClaimedTrial(
    long Id, int Number, TrialState State, int Attempt, long Epoch, long Watermark, string Proposal, string Parameters, TrialReport? LastReport)
{
    /// <summary>Whether the trial has just been made; else somebody has held it before.</summary>
    public bool IsNew { get; init; }

    /// <summary>Whether the trial was enqueued and has not been held before: its values were given by somebody.</summary>
    public bool IsEnqueued { get; init; }

    /// <summary>Whether the trial goes on after a pause, so that its last report has been judged.</summary>
    public bool IsResumed { get; init; }

    /// <summary>The step of the checkpoint that it goes on from; null without one.</summary>
    public int? CheckpointStep { get; init; }

    /// <summary>The constraints that were told before a pause, as stored; null without any.</summary>
    public string? Constraints { get; init; }
}
