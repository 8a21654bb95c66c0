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

    /// <summary>
    /// The due run waits until the earlier one is over. What becomes due while one waits is judged when it is over: what is later than
    /// <see cref="ScheduleOptions.MisfireGrace"/> was missed, and <see cref="ScheduleOptions.CatchUp"/> decides.
    /// </summary>
    Queue = 3,
}
