namespace Mlops.Tracking;

/// <summary>The keys of the columns that a query reads, by what they are of.</summary>
internal sealed record RunColumns(IReadOnlyList<string> Metrics, IReadOnlyList<string> Parameters, IReadOnlyList<string> Tags)
{
    private const int Maximum = 100;

    /// <exception cref="ArgumentException">There are more than 100, or one is no metric, parameter or tag.</exception>
    public static RunColumns Parse(IReadOnlyList<string> columns, string parameter)
    {
        if (columns.Count > Maximum)
        {
            throw new ArgumentException($"A query reads at most {Maximum} columns, or all; this one names {columns.Count}.", parameter);
        }

        var keys = columns.Select(column => FieldOf(column, parameter)).Distinct().ToLookup(static field => field.Kind, static field => field.Key);
        return new RunColumns([.. keys[FilterFieldKind.MetricLast]], [.. keys[FilterFieldKind.Parameter]], [.. keys[FilterFieldKind.Tag]]);
    }

    private static FilterField FieldOf(string column, string parameter)
    {
        int dot = column.IndexOf('.', StringComparison.Ordinal);
        FilterField? field = dot > 0 && dot < column.Length - 1 ? FilterRules.Field(column[..dot], column[(dot + 1)..], 0) : null;
        return field is { Kind: FilterFieldKind.MetricLast or FilterFieldKind.Parameter or FilterFieldKind.Tag } known
            ? known
            : throw new ArgumentException($"'{column}' is no column; name metrics.key, params.key or tags.key.", parameter);
    }
}
