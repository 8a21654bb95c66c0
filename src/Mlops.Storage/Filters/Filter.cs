namespace Mlops.Storage;

/// <summary>
/// A condition that was written as text: comparisons of fields, AND, OR, NOT and parentheses, as in
/// <c>metrics.loss &lt; 0.1 AND (params.model = 'tree' OR NOT tags.stage LIKE 'test%')</c>. Of a value that is not there, every comparison
/// is false. At most 40 000 characters, 100 comparisons, 1 000 values in a list and 32 levels. Immutable.
/// </summary>
public sealed class Filter
{
    private readonly FilterNode _root;

    private Filter(FilterNode root) => _root = root;

    /// <summary>Reads a filter.</summary>
    /// <param name="text">The filter.</param>
    /// <param name="fields">What it may compare.</param>
    /// <exception cref="FilterException">The text is no filter, longer or deeper than any should be, or compares what cannot be compared.</exception>
    public static Filter Parse(string text, QueryFields fields)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fields);
        return new Filter(FilterParser.Parse(text, fields));
    }

    /// <summary>What it compares, in the order of the text.</summary>
    public IReadOnlyList<(QueryField Field, FilterComparison Comparison)> Comparisons
    {
        get
        {
            List<(QueryField Field, FilterComparison Comparison)> comparisons = [];
            Collect(_root, comparisons);
            return comparisons;
        }
    }

    /// <summary>The same filter with other fields, for what has to be looked up before it can be put into SQL.</summary>
    /// <param name="replacement">The field to compare instead; null for the one that is there.</param>
    public Filter Replace(Func<QueryField, FilterComparison, QueryField?> replacement)
    {
        ArgumentNullException.ThrowIfNull(replacement);
        return new Filter(Replace(_root, replacement));
    }

    /// <summary>
    /// Appends the condition. Texts of the filter come in as parameters only, and every condition is either true or false, never unknown, so
    /// that NOT is what it says.
    /// </summary>
    public void AppendTo(SqlText sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        Append(_root, sql);
    }

    private static void Collect(FilterNode node, List<(QueryField Field, FilterComparison Comparison)> comparisons)
    {
        switch (node)
        {
            case FilterNode.All { Nodes: var nodes }:
                foreach (FilterNode inner in nodes)
                {
                    Collect(inner, comparisons);
                }

                break;
            case FilterNode.Any { Nodes: var nodes }:
                foreach (FilterNode inner in nodes)
                {
                    Collect(inner, comparisons);
                }

                break;
            case FilterNode.Not not:
                Collect(not.Node, comparisons);
                break;
            case FilterNode.Condition condition:
                comparisons.Add((condition.Field, condition.Comparison));
                break;
        }
    }

    private static FilterNode Replace(FilterNode node, Func<QueryField, FilterComparison, QueryField?> replacement) => node switch
    {
        FilterNode.All all => new FilterNode.All([.. all.Nodes.Select(inner => Replace(inner, replacement))]),
        FilterNode.Any any => new FilterNode.Any([.. any.Nodes.Select(inner => Replace(inner, replacement))]),
        FilterNode.Not not => new FilterNode.Not(Replace(not.Node, replacement)),
        FilterNode.Condition condition when replacement(condition.Field, condition.Comparison) is { } field => condition with { Field = field },
        _ => node,
    };

    private static void Append(FilterNode node, SqlText sql)
    {
        switch (node)
        {
            case FilterNode.All all:
                Join(all.Nodes, " AND ", sql);
                break;
            case FilterNode.Any any:
                Join(any.Nodes, " OR ", sql);
                break;
            case FilterNode.Not not:
                sql.Append("NOT ");
                Append(not.Node, sql);
                break;
            case FilterNode.Condition condition:
                sql.Append("(");
                condition.Field.AppendCondition(sql, condition.Comparison);
                sql.Append(")");
                break;
        }
    }

    private static void Join(IReadOnlyList<FilterNode> nodes, string word, SqlText sql)
    {
        sql.Append("(");
        for (int i = 0; i < nodes.Count; i++)
        {
            sql.Append(i == 0 ? "" : word);
            Append(nodes[i], sql);
        }

        sql.Append(")");
    }
}
