using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>A point as it is stored. Samples of a series are ordered by step, time, value and bits, whatever order they arrived in.</summary>
internal readonly record struct Sample(long Step, long Time, long Bits) : IComparable<Sample>
{
    public double Value => BitConverter.Int64BitsToDouble(Bits);

    public static Sample Of(long step, long time, double value) => new(step, time, BitConverter.DoubleToInt64Bits(value));

    public MetricPoint ToPoint() => new(Step, UnixMicroseconds.ToTime(Time), Value);

    public int CompareTo(Sample other)
    {
        if (Step != other.Step)
        {
            return Step.CompareTo(other.Step);
        }

        if (Time != other.Time)
        {
            return Time.CompareTo(other.Time);
        }

        int byValue = ValueOrder.Of(Value).CompareTo(ValueOrder.Of(other.Value));
        return byValue != 0 ? byValue : Bits.CompareTo(other.Bits);
    }
}
