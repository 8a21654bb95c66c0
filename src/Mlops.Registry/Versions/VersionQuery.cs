namespace Mlops.Registry;

/// <summary>Which versions of all models are listed, and in what order.</summary>
public sealed class VersionQuery
{
    /// <summary>
    /// Only those for which this holds, for example <c>name = 'ridership' AND run_id IN ('a', 'b')</c>; null or empty for all. Fields:
    /// <c>name</c>, <c>version_number</c>, <c>run_id</c>, <c>source_path</c>, <c>creation_timestamp</c>, <c>last_updated_timestamp</c> (milliseconds
    /// since 1970-01-01 UTC) and <c>tags.key</c>. The language is that of runs.
    /// </summary>
    public string? Filter { get; set; }

    /// <summary>
    /// The same fields joined by commas, each with <c>ASC</c> (the default) or <c>DESC</c>. Ties are broken by name, then by number, the newest first.
    /// Null: the last changed first.
    /// Texts are ordered by their UTF-8 bytes.
    /// </summary>
    public string? Order { get; set; }

    /// <summary>At most so many, 1 to 1 000; default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary><see cref="VersionPage.Next"/> of the page before, for a query that is otherwise the same; null for the first page.</summary>
    public string? After { get; set; }
}
