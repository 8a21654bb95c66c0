namespace Mlops.Storage;

/// <summary>
/// A condition that was written as text: comparisons of fields, AND, OR, NOT and parentheses, as in
/// <c>metrics.loss &lt; 0.1 AND (params.model = 'tree' OR NOT tags.stage LIKE 'test%')</c>. Of a value that is not there, every comparison
/// is false. At most 10 000 characters, 100 comparisons and 32 levels. Immutable.
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

    /// <summary>
    /// Appends the condition. Texts of the filter come in as parameters only, and every condition is either true or false, never unknown, so
    /// that NOT is what it says.
    /// </summary>
    public void AppendTo(SqlText sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        Append(_root, sql);
    }

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
