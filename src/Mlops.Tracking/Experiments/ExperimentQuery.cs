namespace Mlops.Tracking;

/// <summary>Which experiments to list, newest first.</summary>
public sealed class ExperimentQuery
{
    /// <summary>Whether those are listed that exist (default), that were deleted, or both.</summary>
    public Lifecycle Lifecycle { get; set; }

    /// <summary>Experiments per page, 1 to 1 000, default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary>The <see cref="ExperimentPage.Next"/> of the page before, for the same query; null for the first page.</summary>
    public string? After { get; set; }
}
