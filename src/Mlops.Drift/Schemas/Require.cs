namespace Mlops.Drift;

/// <summary>Checks of options, with the value, what is allowed and the name in the message.</summary>
internal static class Require
{
    public static void Number(double value, string name)
    {
        if (double.IsNaN(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be a number.");
    }

    public static void InRange<TValue>(TValue value, TValue lowest, TValue highest, string name)
        where TValue : struct, IComparable<TValue>
    {
        if (value.CompareTo(lowest) < 0 || value.CompareTo(highest) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {lowest} to {highest}, is {value}.");
    }

    public static void Defined<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be one of {string.Join(", ", Enum.GetNames<TEnum>())}, is {value}.");
    }

    /// <summary>A span of time that is not turned round.</summary>
    public static void Span(DateTimeOffset? from, DateTimeOffset? to, string fromName, string toName)
    {
        if (from > to)
            throw new ArgumentOutOfRangeException(fromName, from, $"{fromName} must not lie after {toName}: {from:O} and {to:O}.");
    }

    /// <summary>A level strictly between 0 and <paramref name="below"/>.</summary>
    public static void Level(double value, double below, string name)
    {
        if (!(value > 0 && value < below))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must lie strictly between 0 and {below}, is {value}.");
    }

    /// <summary>An area under the receiver operating characteristic that is better than chance.</summary>
    public static void Area(double value, string name)
    {
        if (!(value > 0.5 && value < 1))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must lie strictly between 0.5 and 1, is {value}.");
    }

    public static void NotNegative(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 0 and finite, is {value}.");
    }

    public static void Finite(double value, string name)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be finite, is {value}.");
    }
}
