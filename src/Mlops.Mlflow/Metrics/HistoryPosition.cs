using System.Globalization;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// A point of a metric as the place where a page ends, of stores that have no places of their own; text that clients hand back. By step, time
/// and value, NaN last, and equal values by their bits: no two points of a metric have the same place.
/// </summary>
internal readonly record struct HistoryPosition(long Step, long Ticks, long Bits) : IComparable<HistoryPosition>
{
    private const char Separator = '.';

    public static HistoryPosition Of(MetricPoint point) => new(point.Step, point.Time.UtcTicks, BitConverter.DoubleToInt64Bits(point.Value));

    /// <exception cref="ProtocolException">The text is none.</exception>
    public static HistoryPosition Parse(string text)
    {
        string[] parts = text.Split(Separator);
        return parts.Length == 3 && TryParse(parts[0], out long step) && TryParse(parts[1], out long ticks) && TryParse(parts[2], out long bits)
            ? new HistoryPosition(step, ticks, bits)
            : throw ProtocolException.Invalid("The page_token is no position in a metric; pass the one that the page before gave.");
    }

    public int CompareTo(HistoryPosition other)
    {
        int order = Step.CompareTo(other.Step);
        order = order != 0 ? order : Ticks.CompareTo(other.Ticks);
        double value = BitConverter.Int64BitsToDouble(Bits), otherValue = BitConverter.Int64BitsToDouble(other.Bits);
        order = order != 0 ? order : double.IsNaN(value).CompareTo(double.IsNaN(otherValue));
        order = order != 0 ? order : value.CompareTo(otherValue);
        return order != 0 ? order : Bits.CompareTo(other.Bits);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Step}{Separator}{Ticks}{Separator}{Bits}");

    private static bool TryParse(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
