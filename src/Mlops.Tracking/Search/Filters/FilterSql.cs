using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A filter as a condition on the run <c>r</c> with its parent <c>p</c>. Texts of the filter come in as parameters only, and are no part of the SQL.
/// Every condition is either true or false, never unknown, so that NOT is what it says.
/// </summary>
internal sealed class FilterSql
{
    private readonly StringBuilder _sql;
    private readonly List<(string Name, SqlValue Value)> _arguments;

    private FilterSql(StringBuilder sql, List<(string Name, SqlValue Value)> arguments)
    {
        _sql = sql;
        _arguments = arguments;
    }

    /// <summary>Appends the condition, and its arguments in the order of the text.</summary>
    public static void Append(FilterNode filter, StringBuilder sql, List<(string Name, SqlValue Value)> arguments) => new FilterSql(sql, arguments).Append(filter);

    private void Append(FilterNode node)
    {
        switch (node)
        {
            case FilterNode.All all:
                Join(all.Nodes, " AND ");
                break;
            case FilterNode.Any any:
                Join(any.Nodes, " OR ");
                break;
            case FilterNode.Not not:
                _sql.Append("NOT ");
                Append(not.Node);
                break;
            case FilterNode.Condition condition:
                Append(condition);
                break;
        }
    }

    private void Join(IReadOnlyList<FilterNode> nodes, string word)
    {
        _sql.Append('(');
        for (int i = 0; i < nodes.Count; i++)
        {
            _sql.Append(i == 0 ? "" : word);
            Append(nodes[i]);
        }

        _sql.Append(')');
    }

    private void Append(FilterNode.Condition condition)
    {
        switch (condition.Field.Kind)
        {
            case FilterFieldKind.RunId:
                Texts("r.id", condition);
                break;
            case FilterFieldKind.RunName:
                Texts("r.name", condition);
                break;
            case FilterFieldKind.ParentRunId:
                Present("p.id", () => Texts("p.id", condition));
                break;
            case FilterFieldKind.Status:
                Compare("r.status", condition, static value => (long)FilterRules.StatusOf(value.Text!)!);
                break;
            case FilterFieldKind.StartTime:
                Time("r.started", condition);
                break;
            case FilterFieldKind.EndTime:
                Present("r.ended", () => Time("r.ended", condition));
                break;
            case FilterFieldKind.Parameter:
                Exists("tracking_parameter", condition);
                break;
            case FilterFieldKind.Tag:
                Exists("tracking_tag", condition);
                break;
            default:
                Metric(condition);
                break;
        }
    }

    private void Present(string column, Action condition)
    {
        _sql.Append(CultureInfo.InvariantCulture, $"({column} IS NOT NULL AND ");
        condition();
        _sql.Append(')');
    }

    private void Exists(string table, FilterNode.Condition condition)
    {
        _sql.Append(CultureInfo.InvariantCulture, $"EXISTS (SELECT 1 FROM {table} x WHERE x.run = r.run AND x.name = {Argument(condition.Field.Key)} AND ");
        Texts("x.value", condition);
        _sql.Append(')');
    }

    private void Metric(FilterNode.Condition condition)
    {
        string column = condition.Field.Kind switch
        {
            FilterFieldKind.MetricMinimum => "x.minimum_order",
            FilterFieldKind.MetricMaximum => "x.maximum_order",
            FilterFieldKind.MetricCount => "x.points",

            // The plus keeps SQLite from looking through all runs by value for each run, where one row is all there is to look at.
            _ => "+x.last_order",
        };
        _sql.Append(
            CultureInfo.InvariantCulture,
            $"EXISTS (SELECT 1 FROM tracking_series x WHERE x.run = r.run AND x.metric = (SELECT metric FROM tracking_key WHERE name = {Argument(condition.Field.Key)}) AND {column} IS NOT NULL AND ");
        bool isCount = condition.Field.Kind == FilterFieldKind.MetricCount;
        Compare(column, condition, value => isCount ? (long)value.Number : ValueOrder.Of(value.Number));

        // NaN sorts behind every number and is greater than none.
        if (!isCount && condition.Operator is FilterOperator.Greater or FilterOperator.GreaterOrEqual)
        {
            _sql.Append(CultureInfo.InvariantCulture, $" AND {column} < {ValueOrder.NaN}");
        }

        _sql.Append(')');
    }

    private void Texts(string column, FilterNode.Condition condition)
    {
        switch (condition.Operator)
        {
            case FilterOperator.Like:
                _sql.Append(CultureInfo.InvariantCulture, $@"{column} LIKE {Argument(condition.Values[0].Text!)} ESCAPE '\'");
                break;
            case FilterOperator.LikeIgnoringCase:
                _sql.Append(CultureInfo.InvariantCulture, $@"LOWER({column}) LIKE LOWER({Argument(condition.Values[0].Text!)}) ESCAPE '\'");
                break;
            default:
                Compare(column, condition, static value => value.Text!);
                break;
        }
    }

    /// <summary>Times are asked for in milliseconds and kept in microseconds: a millisecond is all of its thousand.</summary>
    private void Time(string column, FilterNode.Condition condition)
    {
        const long Thousand = 1_000;
        _sql.Append('(');
        for (int i = 0; i < condition.Values.Count; i++)
        {
            long first = (long)condition.Values[i].Number * Thousand, next = first + Thousand;
            _sql.Append(i == 0 ? "" : condition.Operator == FilterOperator.In ? " OR " : " AND ").Append(condition.Operator switch
            {
                FilterOperator.Less => $"{column} < {Argument(first)}",
                FilterOperator.LessOrEqual => $"{column} < {Argument(next)}",
                FilterOperator.Greater => $"{column} >= {Argument(next)}",
                FilterOperator.GreaterOrEqual => $"{column} >= {Argument(first)}",
                FilterOperator.Equal or FilterOperator.In => $"({column} >= {Argument(first)} AND {column} < {Argument(next)})",
                _ => $"({column} < {Argument(first)} OR {column} >= {Argument(next)})",
            });
        }

        _sql.Append(')');
    }

    private void Compare(string column, FilterNode.Condition condition, Func<FilterValue, SqlValue> value)
    {
        _sql.Append(column).Append(condition.Operator switch
        {
            FilterOperator.Equal => " = ",
            FilterOperator.NotEqual => " <> ",
            FilterOperator.Less => " < ",
            FilterOperator.LessOrEqual => " <= ",
            FilterOperator.Greater => " > ",
            FilterOperator.GreaterOrEqual => " >= ",
            FilterOperator.In => " IN (",
            _ => " NOT IN (",
        });
        _sql.AppendJoin(", ", condition.Values.Select(listed => Argument(value(listed))));
        if (condition.Operator is FilterOperator.In or FilterOperator.NotIn)
        {
            _sql.Append(')');
        }
    }

    private string Argument(SqlValue value)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"@f{_arguments.Count}");
        _arguments.Add((name, value));
        return name;
    }
}
