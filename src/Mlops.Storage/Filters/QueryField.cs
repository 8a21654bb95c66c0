using System.Globalization;

namespace Mlops.Storage;

/// <summary>One thing that filters compare and orders follow, and its SQL. Immutable.</summary>
public class QueryField
{
    /// <summary>
    /// Closes an <c>EXISTS (SELECT 1 FROM ...</c> that looks at few rows by key. An offset keeps PostgreSQL from turning it into a join, for
    /// which it would read the table of all owners to compare the few that a page needs.
    /// </summary>
    public const string EndOfLookup = " LIMIT 1 OFFSET 0)";

    private readonly Action<SqlText, FilterComparison> _condition;

    /// <summary>A field with SQL of its own.</summary>
    /// <param name="kind">What it holds.</param>
    /// <param name="condition">Appends a comparison, which must be true or false and never unknown.</param>
    /// <param name="order">How rows are ordered by it; null when they are not.</param>
    public QueryField(QueryValueKind kind, Action<SqlText, FilterComparison> condition, FieldOrder? order = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        Kind = kind;
        _condition = condition;
        Order = order;
    }

    /// <summary>What it holds.</summary>
    public QueryValueKind Kind { get; }

    /// <summary>How rows are ordered by it; null when they are not.</summary>
    public FieldOrder? Order { get; }

    /// <summary>A column of texts.</summary>
    public static QueryField Text(string column, bool isNullable = false) => OfColumn(
        column, isNullable, QueryValueKind.Text, (sql, comparison) => sql.AppendTexts(column, comparison));

    /// <summary>A column of 64-bit integers.</summary>
    public static QueryField Whole(string column, bool isNullable = false) => OfColumn(
        column, isNullable, QueryValueKind.Whole, (sql, comparison) => sql.AppendValues(column, comparison.Operator, comparison.Numbers.Select(static number => (SqlValue)(long)number)));

    /// <summary>A column of microseconds since 1970-01-01 UTC, which is compared in milliseconds.</summary>
    public static QueryField Time(string column, bool isNullable = false) => OfColumn(
        column, isNullable, QueryValueKind.Time, (sql, comparison) => sql.AppendTimes(column, comparison));

    /// <summary>A column of integers that stand for names. Names are compared in any case; patterns and orders see them as they are given.</summary>
    /// <param name="column">The column.</param>
    /// <param name="choices">The names: letters, digits and <c>_</c>; all that the column holds.</param>
    /// <exception cref="ArgumentException">A name has another character.</exception>
    public static QueryField Choice(string column, IReadOnlyDictionary<string, long> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        if (choices.Keys.FirstOrDefault(static name => !name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_')) is { } refused)
        {
            throw new ArgumentException($"A choice has letters, digits and '_'; got '{refused}'.", nameof(choices));
        }

        var known = new Dictionary<string, long>(choices, StringComparer.OrdinalIgnoreCase);
        string name = NameOf(column, choices, static name => name);

        // Lowered here: the database lowers what is no column by its own language, in Turkish I to a letter without a dot.
        string lowered = NameOf(column, choices, static name => name.ToLowerInvariant());
        return new QueryField(
            QueryValueKind.Text,
            (sql, comparison) => _ = comparison.Operator is FilterOperator.Like or FilterOperator.LikeIgnoringCase
                ? sql.AppendTexts(comparison.Operator == FilterOperator.Like ? name : lowered, comparison)
                : sql.AppendValues(column, comparison.Operator, comparison.Texts.Select(text => (SqlValue)known[text])),
            new FieldOrder((_, _) => name, isText: true, isNullable: false))
        { Choices = known };
    }

    /// <summary>The value of a key in a table with the columns <c>name</c> and <c>value</c>.</summary>
    /// <param name="table">The table; at most one of its rows has the owner and the key.</param>
    /// <param name="owner">Its column that names the owner, as in <c>run</c>.</param>
    /// <param name="of">The owner in the query, as in <c>r.run</c>.</param>
    /// <param name="key">The key.</param>
    public static QueryField Keyed(string table, string owner, string of, string key) => new(
        QueryValueKind.Text,
        (sql, comparison) => sql
            .Append($"EXISTS (SELECT 1 FROM {table} x WHERE x.{owner} = {of} AND x.name = ").AppendArgument(key).Append(" AND ")
            .AppendTexts("x.value", comparison).Append(EndOfLookup),
        new FieldOrder(
            static (alias, _) => $"{alias}.value", isText: true, isNullable: true,
            (sql, alias) => sql.Append($"LEFT JOIN {table} {alias} ON {alias}.{owner} = {of} AND {alias}.name = ").AppendArgument(key).Append("\n")));

    /// <summary>The only texts it may be compared with; null for any.</summary>
    internal IReadOnlyDictionary<string, long>? Choices { get; private init; }

    internal void AppendCondition(SqlText sql, FilterComparison comparison) => _condition(sql, comparison);

    private static string NameOf(string column, IReadOnlyDictionary<string, long> choices, Func<string, string> spell) =>
        $"CASE {column} {string.Concat(choices.Select(choice => string.Create(CultureInfo.InvariantCulture, $"WHEN {choice.Value} THEN '{spell(choice.Key)}' ")))}END";

    private static QueryField OfColumn(string column, bool isNullable, QueryValueKind kind, Action<SqlText, FilterComparison> condition)
    {
        Action<SqlText, FilterComparison> whole = isNullable
            ? (sql, comparison) => condition(sql.Append($"{column} IS NOT NULL AND "), comparison)
            : condition;
        return new QueryField(kind, whole, new FieldOrder((_, _) => column, kind == QueryValueKind.Text, isNullable));
    }
}
