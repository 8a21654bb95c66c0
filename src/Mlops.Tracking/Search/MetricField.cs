using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What is known of a metric without reading its history, as a field of the run <c>r</c>.</summary>
internal static class MetricField
{
    /// <summary>A column of values as <see cref="ValueOrder"/> keeps them, null where there is none.</summary>
    public static QueryField Value(string key, string column) => new(
        QueryValueKind.Number,
        (sql, comparison) => AppendExists(sql, key, column, comparison, static number => ValueOrder.Of(number)),
        new FieldOrder((alias, isDescending) => Ordered($"{alias}.{column}", isDescending), isText: false, isNullable: true, (sql, alias) => AppendJoin(sql.Append("LEFT "), key, alias)));

    /// <summary>
    /// The last value, of runs that have one. The pluses keep SQLite from walking the index over the values of all experiments, and from
    /// beginning at the values: the runs of this experiment may be few among them, and are sorted within the time that so many take at worst.
    /// </summary>
    public static QueryField Logged(string key) => new(
        QueryValueKind.Number,
        (sql, comparison) => AppendExists(sql, key, "last_order", comparison, static number => ValueOrder.Of(number)),
        new FieldOrder(
            static (alias, isDescending) => Ordered($"+{alias}.last_order", isDescending), isText: false, isNullable: false,
            (sql, alias) => AppendJoin(sql.Append("INNER "), key, alias, "+r.run")));

    public static QueryField Count(string key) => new(
        QueryValueKind.Whole,
        (sql, comparison) => AppendExists(sql, key, "points", comparison, static number => (long)number),
        new FieldOrder(static (alias, _) => $"{alias}.points", isText: false, isNullable: true, (sql, alias) => AppendJoin(sql.Append("LEFT "), key, alias)));

    /// <summary>NaN sorts above every number; descending it is last all the same.</summary>
    public static string Ordered(string column, bool isDescending) => isDescending
        ? string.Create(CultureInfo.InvariantCulture, $"CASE WHEN {column} = {ValueOrder.NaN} THEN {long.MinValue + 1} ELSE {column} END")
        : column;

    private static void AppendExists(SqlText sql, string key, string column, FilterComparison comparison, Func<double, long> value)
    {
        // The plus keeps SQLite from looking through all runs by value for each run, where one row is all there is to look at.
        string seen = $"+x.{column}";
        sql.Append("EXISTS (SELECT 1 FROM tracking_series x WHERE x.run = r.run AND x.metric = ");
        AppendMetric(sql, key);
        sql.Append($" AND {seen} IS NOT NULL AND ").AppendValues(seen, comparison.Operator, comparison.Numbers.Select(number => (SqlValue)value(number)));

        // NaN sorts behind every number and is greater than none.
        if (comparison.Operator is FilterOperator.Greater or FilterOperator.GreaterOrEqual)
        {
            sql.Append(string.Create(CultureInfo.InvariantCulture, $" AND {seen} < {ValueOrder.NaN}"));
        }

        sql.Append(QueryField.EndOfLookup);
    }

    private static void AppendJoin(SqlText sql, string key, string alias, string run = "r.run")
    {
        sql.Append($"JOIN tracking_series {alias} ON {alias}.run = {run} AND {alias}.metric = ");
        AppendMetric(sql, key);
        sql.Append("\n");
    }

    private static void AppendMetric(SqlText sql, string key) => sql.Append("(SELECT metric FROM tracking_key WHERE name = ").AppendArgument(key).Append(")");
}
