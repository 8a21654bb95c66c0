namespace Mlops.Storage;

/// <summary>How rows are ordered by a field.</summary>
public sealed class FieldOrder
{
    /// <summary>Describes an order.</summary>
    /// <param name="expression">
    /// The SQL expression that decides, of texts or 64-bit integers, from the alias of <paramref name="join"/> and whether the largest comes first.
    /// </param>
    /// <param name="isText">True for texts, which are ordered by their UTF-8 bytes; false for integers.</param>
    /// <param name="isNullable">True when the expression may be null; such rows come last in either direction.</param>
    /// <param name="join">Appends what brings the expression's columns under the given alias, at most one row of it per row; null when they are there anyway.</param>
    public FieldOrder(Func<string, bool, string> expression, bool isText, bool isNullable, Action<SqlText, string>? join = null)
    {
        ArgumentNullException.ThrowIfNull(expression);
        Expression = expression;
        IsText = isText;
        IsNullable = isNullable;
        Join = join;
    }

    internal Func<string, bool, string> Expression { get; }

    internal bool IsText { get; }

    internal bool IsNullable { get; }

    internal Action<SqlText, string>? Join { get; }
}
