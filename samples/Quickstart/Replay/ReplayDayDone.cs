namespace Quickstart;

/// <summary>Said after each day.</summary>
/// <param name="Days">Days replayed so far, by earlier processes too, like runs and promotions.</param>
/// <param name="Version">The version that predicted.</param>
public readonly record struct ReplayDayDone(int Days, int TotalDays, DateOnly Date, int Version, int Runs, int Promotions);
