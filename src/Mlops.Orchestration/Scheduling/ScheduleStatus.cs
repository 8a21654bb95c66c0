namespace Mlops.Orchestration;

/// <summary>A schedule as the database knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pipeline">The pipeline that it starts.</param>
/// <param name="Cron">Its expression.</param>
/// <param name="TimeZone">Its time zone.</param>
/// <param name="DealtWithUntil">Everything due up to here was started or passed over.</param>
/// <param name="PausedAt">Since when it is paused; null when it is not.</param>
public sealed record ScheduleStatus(string Name, string Pipeline, string Cron, string TimeZone, DateTimeOffset DealtWithUntil, DateTimeOffset? PausedAt);
