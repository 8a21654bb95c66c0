namespace Mlops.Tracking;

/// <summary>The keys of the columns that a query reads, by what they are of.</summary>
internal sealed record RunColumns(IReadOnlyList<string> Metrics, IReadOnlyList<string> Parameters, IReadOnlyList<string> Tags)
{
    private const int Maximum = 100;

    /// <summary>The columns under the names that stores know: <c>metrics.key</c>, <c>params.key</c>, <c>tags.key</c>.</summary>
    public IReadOnlyList<string> ToNames() =>
        [.. Metrics.Select(static key => $"{RunFields.Metrics}.{key}"), .. Parameters.Select(static key => $"{RunFields.Parameters}.{key}"), .. Tags.Select(static key => $"{RunFields.Tags}.{key}")];

    /// <exception cref="ArgumentException">There are more than 100, or one is no metric, parameter or tag.</exception>
    public static RunColumns Parse(IReadOnlyList<string> columns, string parameter)
    {
        if (columns.Count > Maximum)
        {
            throw new ArgumentException($"A query reads at most {Maximum} columns, or all; this one names {columns.Count}.", parameter);
        }

        var keys = columns.Select(column => Split(column, parameter)).Distinct().ToLookup(static column => column.Entity, static column => column.Key, StringComparer.Ordinal);
        return new RunColumns([.. keys[RunFields.Metrics]], [.. keys[RunFields.Parameters]], [.. keys[RunFields.Tags]]);
    }

    private static (string Entity, string Key) Split(string column, string parameter)
    {
        int dot = column.IndexOf('.', StringComparison.Ordinal);
        string? entity = dot > 0 && dot < column.Length - 1 ? RunFields.All.FindEntity(column[..dot]) : null;
        return entity is RunFields.Metrics or RunFields.Parameters or RunFields.Tags
            ? (entity, column[(dot + 1)..])
            : throw new ArgumentException($"'{column}' is no column; name metrics.key, params.key or tags.key.", parameter);
    }
}
