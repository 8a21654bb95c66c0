namespace Mlops.Storage;

/// <summary>What kind of value a field holds, which decides what it can be compared with.</summary>
public enum QueryValueKind
{
    /// <summary>Text: <c>= != LIKE ILIKE IN NOT IN</c> and a text in quotes.</summary>
    Text,

    /// <summary>A double: <c>= != &lt; &lt;= &gt; &gt;= IN NOT IN</c> and a number, also NaN and Infinity.</summary>
    Number,

    /// <summary>A whole number, compared as <see cref="Number"/>.</summary>
    Whole,

    /// <summary>A time, compared as <see cref="Number"/> in whole milliseconds since 1970-01-01 UTC.</summary>
    Time,
}
