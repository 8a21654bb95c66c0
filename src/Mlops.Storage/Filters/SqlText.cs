using System.Globalization;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// A statement that is put together at run time, with its arguments. Values come in as parameters only; what is appended as text is the
/// caller's own, never a user's. Not thread-safe.
/// </summary>
public sealed class SqlText
{
    private const long MicrosecondsPerMillisecond = 1_000;

    private readonly StringBuilder _text = new();
    private readonly List<(string Name, SqlValue Value)> _arguments = [];

    /// <summary>The arguments so far, for <see cref="SqlSession"/> and <see cref="Database"/>.</summary>
    public (string Name, SqlValue Value)[] Arguments => [.. _arguments];

    /// <summary>Appends text.</summary>
    public SqlText Append(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Adds an argument and appends its parameter's name.</summary>
    public SqlText AppendArgument(SqlValue value) => Append(AddArgument(value));

    /// <summary>Adds an argument and returns its parameter's name, which may stand in the text any number of times.</summary>
    public string AddArgument(SqlValue value)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"@a{_arguments.Count}");
        _arguments.Add((name, value));
        return name;
    }

    /// <summary>Appends a comparison of an expression of texts.</summary>
    public SqlText AppendTexts(string expression, FilterComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);

        // Both engines match case and take the escape; SQLite's pragma sees to the former.
        return comparison.Operator switch
        {
            FilterOperator.Like => Append(expression).Append(" LIKE ").AppendArgument(comparison.Texts[0]).Append(@" ESCAPE '\'"),
            // Lowered here: the engines lower a column by its collation, which is ASCII alone, and an argument by whatever the database's locale is.
            FilterOperator.LikeIgnoringCase => Append("LOWER(").Append(expression).Append(") LIKE ").AppendArgument(LowerAscii(comparison.Texts[0])).Append(@" ESCAPE '\'"),
            _ => AppendValues(expression, comparison.Operator, comparison.Texts.Select(static text => (SqlValue)text)),
        };
    }

    private static string LowerAscii(string text) =>
        string.Create(text.Length, text, static (lowered, text) =>
        {
            for (int i = 0; i < lowered.Length; i++)
            {
                lowered[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
            }
        });

    /// <summary>Appends a comparison of an expression with values; <see cref="FilterOperator.Like"/> is of texts alone.</summary>
    public SqlText AppendValues(string expression, FilterOperator comparison, IEnumerable<SqlValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Append(expression).Append(comparison switch
        {
            FilterOperator.Equal => " = ",
            FilterOperator.NotEqual => " <> ",
            FilterOperator.Less => " < ",
            FilterOperator.LessOrEqual => " <= ",
            FilterOperator.Greater => " > ",
            FilterOperator.GreaterOrEqual => " >= ",
            FilterOperator.In => " IN (",
            FilterOperator.NotIn => " NOT IN (",
            _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "Values other than texts are not compared by a pattern."),
        });
        _text.AppendJoin(", ", values.Select(AddArgument));
        return comparison is FilterOperator.In or FilterOperator.NotIn ? Append(")") : this;
    }

    /// <summary>
    /// Appends a comparison of a column of microseconds with times in milliseconds: a millisecond is all of its thousand.
    /// </summary>
    public SqlText AppendTimes(string column, FilterComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        string between = comparison.Operator == FilterOperator.In ? " OR " : " AND ";
        return Append("(").Append(string.Join(between, comparison.Numbers.Select(number => TimeCondition(column, comparison.Operator, (long)number)))).Append(")");
    }

    /// <summary>The text.</summary>
    public override string ToString() => _text.ToString();

    private string TimeCondition(string column, FilterOperator comparison, long millisecond)
    {
        long first = millisecond * MicrosecondsPerMillisecond, next = first + MicrosecondsPerMillisecond;
        return comparison switch
        {
            FilterOperator.Less => $"{column} < {AddArgument(first)}",
            FilterOperator.LessOrEqual => $"{column} < {AddArgument(next)}",
            FilterOperator.Greater => $"{column} >= {AddArgument(next)}",
            FilterOperator.GreaterOrEqual => $"{column} >= {AddArgument(first)}",
            FilterOperator.Equal or FilterOperator.In => $"({column} >= {AddArgument(first)} AND {column} < {AddArgument(next)})",
            _ => $"({column} < {AddArgument(first)} OR {column} >= {AddArgument(next)})",
        };
    }
}
