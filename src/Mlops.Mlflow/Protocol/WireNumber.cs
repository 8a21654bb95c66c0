using System.Globalization;
using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>Numbers as the protocol writes them: those that are not finite, and those that may be texts.</summary>
internal static class WireNumber
{
    private static readonly long LastMillisecond = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>A double written as text; null when it is none.</summary>
    public static double? Parse(ReadOnlySpan<char> text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null,
    };

    public static void WriteDouble(this Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }

    /// <summary>The integer that a double is; null when it has a fraction or an integer of its size is not exact.</summary>
    public static long? Whole(double number) => Math.Abs(number) <= 9_007_199_254_740_992 && Math.Floor(number) == number ? (long)number : null;

    /// <summary>Milliseconds since 1970-01-01 UTC.</summary>
    /// <exception cref="ProtocolException">They are before 1970 or after the year 9999.</exception>
    public static DateTimeOffset Time(long milliseconds, string parameter) => milliseconds >= 0 && milliseconds <= LastMillisecond
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw ProtocolException.Invalid(string.Create(
            CultureInfo.InvariantCulture, $"Invalid value {milliseconds} for parameter '{parameter}' supplied: a time is 0 to {LastMillisecond} milliseconds since 1970."));
}
