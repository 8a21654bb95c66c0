namespace Mlops.Drift;

/// <summary>The part of a calendar cycle in which a window is compared with the reference.</summary>
public enum Season
{
    /// <summary>The whole reference at once.</summary>
    None = 0,

    /// <summary>Twelve parts, by calendar month (UTC).</summary>
    Month = 1,

    /// <summary>Four parts, by calendar quarter (UTC).</summary>
    Quarter = 2,

    /// <summary>Seven parts, by day of the week (UTC), Monday first.</summary>
    DayOfWeek = 3,
}
