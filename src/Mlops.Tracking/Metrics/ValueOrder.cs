namespace Mlops.Tracking;

/// <summary>
/// Doubles as integers that sort alike, so that both engines compare and index them the same way:
/// negative infinity first, both zeros equal, every NaN last.
/// </summary>
internal static class ValueOrder
{
    public const long NaN = long.MaxValue;

    public static long Of(double value)
    {
        if (double.IsNaN(value))
        {
            return NaN;
        }

        // Adding +0 turns -0 into +0 and leaves every other value as it is.
        long bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        return bits >= 0 ? bits : bits ^ long.MaxValue;
    }

    public static double ToDouble(long order) => BitConverter.Int64BitsToDouble(order >= 0 ? order : order ^ long.MaxValue);
}
