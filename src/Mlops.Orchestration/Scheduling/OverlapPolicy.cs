namespace Mlops.Orchestration;

/// <summary>What happens when a run is due while an earlier one of the same schedule is not over.</summary>
public enum OverlapPolicy
{
    /// <summary>The due run is not started.</summary>
    Skip = 0,

    /// <summary>Both run.</summary>
    Parallel = 1,

    /// <summary>The earlier one is cancelled.</summary>
    CancelPrevious = 2,
}
