namespace Mlops.Orchestration;

/// <summary>How a schedule reads the clock, and what it does about what it missed.</summary>
public sealed record ScheduleOptions
{
    /// <summary>The IANA id of the time zone whose wall clock the expression means. Default <c>UTC</c>.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Which missed runs are started late. Default <see cref="CatchUp.LastOnly"/>.</summary>
    public CatchUp CatchUp { get; init; } = CatchUp.LastOnly;

    /// <summary>A run that is late by no more when a scheduler looks counts as punctual, what is later as missed. 0 to 1 day, default 5 min.</summary>
    public TimeSpan MisfireGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What happens when the run before is not over. Default <see cref="OverlapPolicy.Skip"/>.</summary>
    public OverlapPolicy Overlap { get; init; }

    /// <summary>Of the runs. Default <see cref="RunPriority.Normal"/>.</summary>
    public RunPriority Priority { get; init; } = RunPriority.Normal;
}
