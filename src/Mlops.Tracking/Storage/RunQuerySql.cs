using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Mlops.Tracking;

/// <summary>
/// The texts of the queries over runs. One per shape and kept, because connections remember prepared statements by the text's identity.
/// </summary>
internal static class RunQuerySql
{
    private static readonly ConcurrentDictionary<Shape, string> Lists = new();
    private static readonly ConcurrentDictionary<(string Text, int Runs), string> Details = new();
    private static readonly string[] RunNames = [.. Enumerable.Range(0, 1_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"@r{i}"))];
    private static readonly int[] ListLengths = [1, 10, 100, 1_000];

    public static string List(Shape shape) => Lists.GetOrAdd(shape, static shape => Build(shape, ""));

    /// <summary>A list with one more condition; there are too many of these to keep.</summary>
    public static string List(Shape shape, string condition) => Build(shape, condition);

    /// <summary>A text whose <c>{runs}</c> is a list of parameters for at least so many runs, and the parameters' names.</summary>
    public static (string Sql, ReadOnlyMemory<string> Names) ForRuns(string text, int runs)
    {
        int length = ListLengths.First(length => length >= runs);
        string sql = Details.GetOrAdd(
            (text, length), static key => key.Text.Replace("{runs}", string.Join(", ", RunNames.Take(key.Runs)), StringComparison.Ordinal));
        return (sql, RunNames.AsMemory(0, length));
    }

    private static string Build(Shape shape, string condition)
    {
        string position = shape switch
        {
            { ByMetric: false } => "r.started",
            { IsDescending: false } => "s.last_order",

            // NaN sorts above every number; descending it is last all the same.
            _ => string.Create(
                CultureInfo.InvariantCulture, $"CASE WHEN s.last_order = {ValueOrder.NaN} THEN {long.MinValue + 1} ELSE s.last_order END"),
        };
        string direction = shape.IsDescending ? "DESC" : "ASC";
        var sql = new StringBuilder();
        sql.Append(CultureInfo.InvariantCulture, $"""
            SELECT {TrackingStore.RunColumnList}, {position}
            FROM tracking_run r
            JOIN tracking_experiment e ON e.experiment = r.experiment
            LEFT JOIN tracking_run p ON p.run = r.parent

            """);
        if (shape.ByMetric)
        {
            sql.Append("JOIN tracking_series s ON s.run = r.run AND s.metric = @metric\n");
        }

        sql.Append("WHERE ").Append(RunLifecycleSql.OfExperiment(shape.Lifecycle)).Append('\n');
        if (shape.ByStatus)
        {
            sql.Append("AND r.status = @status\n");
        }

        if (shape.ByParent)
        {
            sql.Append("AND r.parent = (SELECT run FROM tracking_run WHERE id = @parent)\n");
        }

        AppendEqualities(sql, "tracking_tag", "t", shape.Tags);
        AppendEqualities(sql, "tracking_parameter", "p", shape.Parameters);
        if (condition.Length > 0)
        {
            sql.Append("AND ").Append(condition).Append('\n');
        }

        if (shape.HasPosition)
        {
            sql.Append(CultureInfo.InvariantCulture, $"AND ({position}, r.run) {(shape.IsDescending ? '<' : '>')} (@value, @run)\n");
        }

        sql.Append(CultureInfo.InvariantCulture, $"ORDER BY {position} {direction}, r.run {direction} LIMIT @take");
        return sql.ToString();
    }

    private static void AppendEqualities(StringBuilder sql, string table, string prefix, int count)
    {
        for (int i = 0; i < count; i++)
        {
            sql.Append(
                CultureInfo.InvariantCulture,
                $"AND EXISTS (SELECT 1 FROM {table} x WHERE x.run = r.run AND x.name = @{prefix}n{i} AND x.value = @{prefix}v{i})\n");
        }
    }

    internal readonly record struct Shape(
        bool ByMetric, bool IsDescending, bool ByStatus, bool ByParent, int Tags, int Parameters, bool HasPosition, Lifecycle Lifecycle);
}
