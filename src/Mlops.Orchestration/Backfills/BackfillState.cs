namespace Mlops.Orchestration;

/// <summary>Where a backfill stands. The numbers are stored.</summary>
public enum BackfillState
{
    /// <summary>It starts runs.</summary>
    Running = 1,

    /// <summary>It starts nothing until it is resumed.</summary>
    Paused = 2,

    /// <summary>Every partition is dealt with, and every run that it started is over.</summary>
    Finished = 3,

    /// <summary>It starts nothing more; runs that it started go on.</summary>
    Cancelled = 4,
}
