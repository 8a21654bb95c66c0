using System.Collections.Concurrent;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The texts of the queries over runs <c>r</c>.</summary>
internal static class RunQuerySql
{
    /// <summary>Where a list's columns of its order begin.</summary>
    public const int OrderColumn = TrackingStore.RunColumnCount;

    private static readonly ConcurrentDictionary<(string Text, int Runs), string> Details = new();
    private static readonly string[] RunNames = [.. Enumerable.Range(0, 1_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"@r{i}"))];
    private static readonly int[] ListLengths = [1, 10, 100, 1_000];

    /// <summary>
    /// A page and the run after it. Found by what decides alone: what describes a run is read of the page's runs, not of all that are looked at.
    /// </summary>
    public static SqlText List(IReadOnlyList<string> experiments, RunQuery query, Filter? filter, OrderPosition? after)
    {
        Ordering order = query.Order.Keys;
        SqlText sql = new SqlText().Append($"SELECT {TrackingStore.RunColumnList}");
        order.AppendFoundColumns(sql, "page");
        sql.Append("\nFROM (SELECT r.run AS found");
        order.AppendColumns(sql);
        sql.Append("\nFROM tracking_run r\n");
        order.AppendJoins(sql);
        RunLifecycleSql.AppendRuns(sql.Append("WHERE "), experiments, query.Lifecycle);
        if (query.Status is { } status)
        {
            sql.Append(" AND r.status = ").AppendArgument((long)status);
        }

        if (query.ParentId is { } parent)
        {
            sql.Append(" AND r.parent = (SELECT run FROM tracking_run WHERE id = ").AppendArgument(parent).Append(")");
        }

        AppendEqualities(sql, "tracking_tag", query.Tags);
        AppendEqualities(sql, "tracking_parameter", query.Parameters);
        AppendFilter(sql, filter);
        if (after is not null)
        {
            order.AppendAfter(sql.Append(" AND "), after);
        }

        order.AppendOrderBy(sql);
        sql.Append(" LIMIT ").AppendArgument(query.Take + 1L).Append("""
            ) page
            JOIN tracking_run r ON r.run = page.found
            JOIN tracking_experiment e ON e.experiment = r.experiment
            LEFT JOIN tracking_run p ON p.run = r.parent
            """);
        order.AppendFoundOrderBy(sql, "page");
        return sql;
    }

    public static SqlText Count(IReadOnlyList<string> experiments, Lifecycle lifecycle, Filter? filter)
    {
        SqlText sql = new SqlText().Append("SELECT COUNT(*) FROM tracking_run r WHERE ");
        RunLifecycleSql.AppendRuns(sql, experiments, lifecycle);
        AppendFilter(sql, filter);
        return sql;
    }

    /// <summary>A text whose <c>{runs}</c> is a list of parameters for at least so many runs, and the parameters' names. Kept, because connections find prepared statements by the text's identity.</summary>
    public static (string Sql, ReadOnlyMemory<string> Names) ForRuns(string text, int runs)
    {
        int length = ListLengths.First(length => length >= runs);
        string sql = Details.GetOrAdd(
            (text, length), static key => key.Text.Replace("{runs}", string.Join(", ", RunNames.Take(key.Runs)), StringComparison.Ordinal));
        return (sql, RunNames.AsMemory(0, length));
    }

    private static void AppendFilter(SqlText sql, Filter? filter) => filter?.AppendTo(sql.Append(" AND "));

    private static void AppendEqualities(SqlText sql, string table, IReadOnlyDictionary<string, string>? pairs)
    {
        foreach ((string name, string value) in pairs ?? new Dictionary<string, string>())
        {
            sql.Append($" AND EXISTS (SELECT 1 FROM {table} x WHERE x.run = r.run AND x.name = ").AppendArgument(name).Append(" AND x.value = ").AppendArgument(value).Append(QueryField.EndOfLookup);
        }
    }
}
