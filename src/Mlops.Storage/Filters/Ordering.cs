using System.Data.Common;
using System.Globalization;

namespace Mlops.Storage;

/// <summary>
/// An order that was written as text, as in <c>metrics.mae DESC, params.kind, start_time</c>, and pages through it: after the position of
/// one page's last row comes the next page, however deep and whatever was added or removed meanwhile. Rows without a value come last in
/// both directions. At most 10 keys. Immutable.
/// </summary>
public sealed class Ordering
{
    private const int MaximumKeys = 10;

    private readonly (FieldReference Reference, bool IsDescending)[] _keys;

    private Ordering((FieldReference Reference, bool IsDescending)[] keys) => _keys = keys;

    /// <summary>Reads an order.</summary>
    /// <param name="text">Fields with ASC (default) or DESC, separated by commas; null or empty for the ending alone.</param>
    /// <param name="fields">What it may name.</param>
    /// <param name="ending">An order whose keys are added where the text does not name them; its last field is of another value in every row.</param>
    /// <exception cref="FilterException">The text is no order, or names a field twice or one that does not order.</exception>
    public static Ordering Parse(string? text, QueryFields fields, string ending)
    {
        ArgumentNullException.ThrowIfNull(fields);
        List<(FieldReference Reference, bool IsDescending)> keys = string.IsNullOrWhiteSpace(text) ? [] : Read(text, fields);
        foreach ((FieldReference Reference, bool IsDescending) key in Read(ending, fields))
        {
            if (!keys.Exists(other => other.Reference.IsSame(key.Reference)))
            {
                keys.Add(key);
            }
        }

        return new Ordering([.. keys]);
    }

    /// <summary>
    /// Appends the columns that decide, each behind a comma and named <c>k0</c>, <c>k1</c> and so on, for a SELECT;
    /// <see cref="PositionOf(DbDataReader, int)"/> reads them.
    /// </summary>
    public void AppendColumns(SqlText sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        for (int i = 0; i < _keys.Length; i++)
        {
            sql.Append($", {Expression(i)} AS {Column(i)}");
        }
    }

    /// <summary>Appends the columns of <see cref="AppendColumns"/> for a SELECT around the one that has them.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="page">The alias of the inner SELECT.</param>
    public void AppendFoundColumns(SqlText sql, string page)
    {
        ArgumentNullException.ThrowIfNull(sql);
        for (int i = 0; i < _keys.Length; i++)
        {
            sql.Append($", {page}.{Column(i)}");
        }
    }

    /// <summary>Appends ORDER BY to a SELECT around the one that has the columns of <see cref="AppendColumns"/>.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="page">The alias of the inner SELECT.</param>
    public void AppendFoundOrderBy(SqlText sql, string page) => AppendOrderBy(sql, i => $"{page}.{Column(i)}");

    /// <summary>Appends the joins that bring the columns, for a FROM; their aliases are <c>o0</c>, <c>o1</c> and so on.</summary>
    public void AppendJoins(SqlText sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        for (int i = 0; i < _keys.Length; i++)
        {
            OrderOf(i).Join?.Invoke(sql, Alias(i));
        }
    }

    /// <summary>Appends the condition that holds for the rows behind a position.</summary>
    public void AppendAfter(SqlText sql, OrderPosition position)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(position);
        string?[] arguments = Array.ConvertAll(position.Values, value => value.IsNull ? null : sql.AddArgument(value));
        if (IsWalk)
        {
            // One comparison of rows, which an index over the columns can begin at.
            sql.Append($"({string.Join(", ", Enumerable.Range(0, _keys.Length).Select(Expression))}) {Sign(0)} ({string.Join(", ", arguments)})");
            return;
        }

        sql.Append("(");
        if (!OrderOf(0).IsNullable)
        {
            sql.Append($"{Expression(0)} {Sign(0)}= {arguments[0]} AND (");
        }

        string equal = "", or = "";
        for (int i = 0; i < _keys.Length; i++)
        {
            string expression = Expression(i);

            // Nothing comes behind a missing value but a greater key further on.
            if (arguments[i] is not { } argument)
            {
                equal += $"{expression} IS NULL AND ";
                continue;
            }

            string behind = $"{expression} {Sign(i)} {argument}";
            sql.Append(or).Append("(").Append(equal).Append(OrderOf(i).IsNullable ? $"({behind} OR {expression} IS NULL)" : behind).Append(")");
            equal += $"{expression} = {argument} AND ";
            or = " OR ";
        }

        sql.Append(OrderOf(0).IsNullable ? ")" : "))");
    }

    /// <summary>Appends ORDER BY.</summary>
    public void AppendOrderBy(SqlText sql) => AppendOrderBy(sql, Expression);

    private void AppendOrderBy(SqlText sql, Func<int, string> expression)
    {
        ArgumentNullException.ThrowIfNull(sql);
        for (int i = 0; i < _keys.Length; i++)
        {
            sql.Append(i == 0 ? " ORDER BY " : ", ").Append(expression(i)).Append(_keys[i].IsDescending ? " DESC" : " ASC").Append(OrderOf(i).IsNullable ? " NULLS LAST" : "");
        }
    }

    /// <summary>Where a row stands in this order.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">Its first column of <see cref="AppendColumns"/>.</param>
    public OrderPosition PositionOf(DbDataReader row, int column)
    {
        ArgumentNullException.ThrowIfNull(row);
        var values = new SqlValue[_keys.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (row.IsDBNull(column + i), OrderOf(i).IsText) switch
            {
                (true, true) => (string?)null,
                (true, false) => (long?)null,
                (false, true) => row.GetString(column + i),
                _ => row.GetInt64(column + i),
            };
        }

        return PositionOf(values);
    }

    internal OrderPosition PositionOf(SqlValue[] values) => new(Fingerprint(), values);

    /// <summary>Reads the text of a position.</summary>
    /// <param name="text">What <see cref="OrderPosition.ToString"/> of this order gave.</param>
    /// <param name="parameter">The caller's parameter, for the exception.</param>
    /// <exception cref="ArgumentException">The text is no position, or one of another order.</exception>
    public OrderPosition ParsePosition(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool[] isText = [.. _keys.Select(static key => key.Reference.Field.Order!.IsText)];
        return OrderPosition.Parse(text, Fingerprint(), isText)
            ?? throw new ArgumentException("The text is no position of a query with this order; pass the one that the page before gave.", parameter);
    }

    private static List<(FieldReference Reference, bool IsDescending)> Read(string text, QueryFields fields)
    {
        var reader = new FilterReader(text, fields, "an order");
        List<(FieldReference Reference, bool IsDescending)> keys = [];
        do
        {
            int position = reader.Current.Position;
            FieldReference field = reader.ReadField();
            if (field.Field.Order is null)
            {
                throw reader.Refuse($"{fields.Noun}s are not ordered by this field.", position);
            }

            if (keys.Exists(key => key.Reference.IsSame(field)))
            {
                throw reader.Refuse("the field orders already.", position);
            }

            if (keys.Count == MaximumKeys)
            {
                throw reader.Refuse($"an order has at most {MaximumKeys} fields.", position);
            }

            bool isDescending = reader.TakeWord("DESC");
            _ = isDescending || reader.TakeWord("ASC");
            keys.Add((field, isDescending));
        }
        while (reader.TakeSign(","));
        return reader.IsAtEnd ? keys : throw reader.Unexpected("ASC, DESC, ',' or the end");
    }

    private static string Column(int key) => string.Create(CultureInfo.InvariantCulture, $"k{key}");

    private static string Alias(int key) => string.Create(CultureInfo.InvariantCulture, $"o{key}");

    /// <summary>All keys in one direction, and all there.</summary>
    private bool IsWalk => Array.TrueForAll(_keys, key => key.IsDescending == _keys[0].IsDescending && !key.Reference.Field.Order!.IsNullable);

    private string Sign(int key) => _keys[key].IsDescending ? "<" : ">";

    private FieldOrder OrderOf(int key) => _keys[key].Reference.Field.Order!;

    private string Expression(int key) => OrderOf(key).Expression(Alias(key), _keys[key].IsDescending);

    /// <summary>Tells orders apart (FNV-1a), so that a position is not taken for one of another order.</summary>
    private uint Fingerprint()
    {
        uint hash = 2_166_136_261;
        foreach ((FieldReference field, bool isDescending) in _keys)
        {
            foreach (char c in $"{field.Name}\n{field.Key}\n{field.Function}\n{isDescending}\n")
            {
                hash = unchecked((hash ^ c) * 16_777_619);
            }
        }

        return hash;
    }
}
