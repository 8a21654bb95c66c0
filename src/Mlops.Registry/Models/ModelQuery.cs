namespace Mlops.Registry;

/// <summary>Which models are listed, and in what order.</summary>
public sealed class ModelQuery
{
    /// <summary>
    /// Only those for which this holds, for example <c>name ILIKE '%ridership%' AND tags.team = 'transit'</c>; null or empty for all. Fields:
    /// <c>name</c>, <c>creation_timestamp</c> (or <c>timestamp</c>), <c>last_updated_timestamp</c> (milliseconds since 1970-01-01
    /// UTC) and <c>tags.key</c>. The language is that of runs.
    /// </summary>
    public string? Filter { get; set; }

    /// <summary>
    /// The same fields joined by commas, each with <c>ASC</c> (the default) or <c>DESC</c>. Ties are broken by name. Null: by name.
    /// Texts are ordered by their UTF-8 bytes.
    /// </summary>
    public string? Order { get; set; }

    /// <summary>At most so many, 1 to 1 000; default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary><see cref="ModelPage.Next"/> of the page before, for a query that is otherwise the same; null for the first page.</summary>
    public string? After { get; set; }
}
