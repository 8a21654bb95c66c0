namespace Mlops.Orchestration;

/// <summary>What happens when a run is due while an earlier one of the same schedule is not over.</summary>
public enum OverlapPolicy
{
    /// <summary>
    /// A run that becomes due meanwhile is not started. What was due already when the earlier one was started, because both were late, is
    /// not skipped: it waits as with <see cref="Queue"/>, so that <see cref="ScheduleOptions.CatchUp"/> is done one run after the other. What becomes due while
    /// something waits is judged with it.
    /// </summary>
    Skip = 0,

    /// <summary>Both run.</summary>
    Parallel = 1,

    /// <summary>The earlier one is cancelled. Of several that are late at once, that leaves the last.</summary>
    CancelPrevious = 2,

    /// <summary>
    /// The due run waits until the earlier one is over. What becomes due while one waits is judged when it is over: what is later than
    /// <see cref="ScheduleOptions.MisfireGrace"/> was missed, and <see cref="ScheduleOptions.CatchUp"/> decides.
    /// </summary>
    Queue = 3,
}
