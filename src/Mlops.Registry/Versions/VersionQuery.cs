namespace Mlops.Registry;

/// <summary>Which versions of all models are listed, and in what order.</summary>
public sealed class VersionQuery
{
    /// <summary>
    /// Keys joined by commas, each with <c>ASC</c> (the default) or <c>DESC</c>: <c>name</c>, <c>version_number</c>, <c>creation_timestamp</c>,
    /// <c>last_updated_timestamp</c>. Ties are broken by name, then by number, the newest first. Null: the last changed first.
    /// </summary>
    public string? Order { get; set; }

    /// <summary>At most so many, 1 to 1 000; default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary><see cref="VersionPage.Next"/> of the page before, for a query that is otherwise the same; null for the first page.</summary>
    public string? After { get; set; }
}
