namespace Mlops.Orchestration;

/// <summary>What became of a commit.</summary>
internal enum CommitStatus
{
    Committed,

    /// <summary>The same attempt was committed before: an answer was lost on the way.</summary>
    AlreadyCommitted,

    /// <summary>Somebody else owns the step by now, or the run is over: nothing was written.</summary>
    Fenced,
}

/// <param name="Status">What became of it.</param>
/// <param name="Next">A step that the same transaction claimed for the same slot.</param>
/// <param name="MoreReady">Whether further steps became ready.</param>
/// <param name="RunEnded">Whether the run is over.</param>
internal sealed record CommitResult(CommitStatus Status, ClaimedStep? Next, bool MoreReady, PipelineRunState? RunEnded);
