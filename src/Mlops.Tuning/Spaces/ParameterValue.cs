using System.Globalization;

namespace Mlops.Tuning;

/// <summary>One parameter's value: a number, a choice by its label, or true or false.</summary>
public readonly struct ParameterValue : IEquatable<ParameterValue>
{
    private static readonly object BooleanMark = new();

    // A label, the mark of a boolean, or null for a number.
    private readonly object? _content;

    internal ParameterValue(double number) => Number = number;

    internal ParameterValue(string label) => _content = label;

    internal ParameterValue(bool flag)
    {
        Number = flag ? 1 : 0;
        _content = BooleanMark;
    }

    /// <summary>A number.</summary>
    public static ParameterValue Of(double number) => new(number);

    /// <summary>A choice by its label.</summary>
    public static ParameterValue Of(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return new(label);
    }

    /// <summary>True or false.</summary>
    public static ParameterValue Of(bool flag) => new(flag);

    /// <summary>Whether the value is the label of a choice.</summary>
    public bool IsText => _content is string;

    /// <summary>Whether the value is true or false.</summary>
    public bool IsBoolean => ReferenceEquals(_content, BooleanMark);

    /// <summary>The number; 1 for true, 0 for false and for a label.</summary>
    public double Number { get; }

    /// <summary>Equality of values.</summary>
    public static bool operator ==(ParameterValue left, ParameterValue right) => left.Equals(right);

    /// <summary>Inequality of values.</summary>
    public static bool operator !=(ParameterValue left, ParameterValue right) => !left.Equals(right);

    /// <summary>
    /// The value as double, float, int, long, bool, string, or an enumeration by its name; the label of a choice also as the number or truth value that it is the text of.
    /// A number read as a whole number must be one.
    /// </summary>
    /// <exception cref="InvalidCastException">The value is of another kind.</exception>
    public T As<T>()
        where T : notnull
    {
        if (typeof(T) == typeof(string))
        {
            return (T)(object)ToString();
        }

        if (IsText)
        {
            return typeof(T).IsEnum
                ? Enum.TryParse(typeof(T), (string)_content!, out object? member) ? (T)member : throw Mismatch<T>()
                : Parsed is { } parsed ? parsed.As<T>() : throw Mismatch<T>();
        }

        if (IsBoolean)
        {
            return typeof(T) == typeof(bool) ? (T)(object)(Number != 0) : throw Mismatch<T>();
        }

        if (typeof(T) == typeof(double))
        {
            return (T)(object)Number;
        }

        if (typeof(T) == typeof(float))
        {
            return (T)(object)(float)Number;
        }

        bool whole = Number == Math.Truncate(Number);
        if (typeof(T) == typeof(int) && whole && Number is >= int.MinValue and <= int.MaxValue)
        {
            return (T)(object)(int)Number;
        }

        return typeof(T) == typeof(long) && whole && Math.Abs(Number) <= 1L << 53 ? (T)(object)(long)Number : throw Mismatch<T>();
    }

    /// <inheritdoc/>
    public bool Equals(ParameterValue other) => Number.Equals(other.Number) && Equals(_content, other._content);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ParameterValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, _content);

    /// <summary>The label, <c>true</c>, <c>false</c>, or the number in the invariant culture and round-trippable.</summary>
    public override string ToString() => _content switch
    {
        string label => label,
        null => Number.ToString("R", CultureInfo.InvariantCulture),
        _ => Number != 0 ? "true" : "false",
    };

    /// <summary>The number or truth value that a label is the text of; null when it is neither.</summary>
    private ParameterValue? Parsed => bool.TryParse((string)_content!, out bool flag)
        ? new ParameterValue(flag)
        : double.TryParse((string)_content!, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? new ParameterValue(number) : null;

    /// <summary>Whether a number or truth value is what the label of a choice says.</summary>
    internal bool IsSaidBy(string label) => new ParameterValue(label).Parsed is { } said && said == this;

    private InvalidCastException Mismatch<T>() => new($"The value is '{this}', which cannot be read as {typeof(T).Name}.");
}
