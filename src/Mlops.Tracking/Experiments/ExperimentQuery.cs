namespace Mlops.Tracking;

/// <summary>Which experiments to list, and in which order.</summary>
public sealed class ExperimentQuery
{
    /// <summary>
    /// Only experiments for which this holds, as in <c>name LIKE 'demand%' AND tags.team = 'north'</c>; null (default) for all. Fields: <c>name</c>, <c>experiment_id</c>,
    /// <c>creation_time</c> and <c>last_update_time</c> (milliseconds since 1970-01-01 UTC), <c>tags.key</c>; the language is that of <see cref="RunQuery.Filter"/>.
    /// </summary>
    public string? Filter { get; set; }

    /// <summary>
    /// The order, as in <c>name, creation_time DESC</c>: the filter's fields, each with ASC (default) or DESC. Null (default) is newest first. Equal experiments follow each other newest first.
    /// </summary>
    public string? Order { get; set; }

    /// <summary>Whether those are listed that exist (default), that were deleted, or both.</summary>
    public Lifecycle Lifecycle { get; set; }

    /// <summary>Experiments per page, 1 to 1 000, default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary>The <see cref="ExperimentPage.Next"/> of the page before, for the same query; null for the first page.</summary>
    public string? After { get; set; }
}
