using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>A query that was read: every mistake in it has been said.</summary>
internal sealed class RegistryQuery
{
    private readonly Filter? _filter;
    private readonly Ordering _order;
    private readonly OrderPosition? _after;

    private RegistryQuery(Filter? filter, Ordering order, OrderPosition? after, int take)
    {
        _filter = filter;
        _order = order;
        _after = after;
        Take = take;
    }

    public int Take { get; }

    /// <exception cref="ArgumentException">The filter, the order or the position is not valid.</exception>
    public static RegistryQuery Of(ModelQuery query, string parameter) => Parse(
        query.Filter, query.Order, query.After, query.Take, RegistryFields.Models, RegistryFields.ModelsEnd, parameter);

    /// <exception cref="ArgumentException">The filter, the order or the position is not valid.</exception>
    public static RegistryQuery Of(VersionQuery query, string parameter) => Parse(
        query.Filter, query.Order ?? "last_updated_timestamp DESC", query.After, query.Take, RegistryFields.Versions, RegistryFields.VersionsEnd, parameter);

    /// <summary>The statement, for one row more than the page has. The columns of the position come behind those that are selected.</summary>
    /// <param name="columns">What is selected.</param>
    /// <param name="source">From FROM to the tables' joins.</param>
    /// <param name="condition">What holds of every row.</param>
    public SqlText Build(string columns, string source, string condition)
    {
        SqlText sql = new SqlText().Append("SELECT ").Append(columns);
        _order.AppendColumns(sql);
        sql.Append(source);
        _order.AppendJoins(sql);
        sql.Append("WHERE ").Append(condition);
        if (_filter is not null)
        {
            _filter.AppendTo(sql.Append(" AND ("));
            sql.Append(")");
        }

        if (_after is not null)
        {
            _order.AppendAfter(sql.Append(" AND ("), _after);
            sql.Append(")");
        }

        _order.AppendOrderBy(sql);
        return sql.Append(" LIMIT ").AppendArgument((long)Take + 1);
    }

    /// <summary>Where a row stands.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The number of columns that were selected.</param>
    public string PositionOf(DbDataReader row, int column) => _order.PositionOf(row, column).ToString();

    private static RegistryQuery Parse(
        string? filter, string? order, string? after, int take, QueryFields fields, string ending, string parameter)
    {
        Ordering ordering = Ordering.Parse(order, fields, ending);
        return new RegistryQuery(
            string.IsNullOrWhiteSpace(filter) ? null : Filter.Parse(filter, fields),
            ordering,
            after is null ? null : ordering.ParsePosition(after, parameter),
            take);
    }
}
