using System.Numerics;

namespace Mlops.Statistics;

/// <summary>Values that belong to no bin, by kind.</summary>
internal struct SpecialCounts
{
    public long NaN;
    public long PositiveInfinity;
    public long NegativeInfinity;

    public readonly long Total => NaN + PositiveInfinity + NegativeInfinity;

    public static SpecialCounts Of<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        SpecialCounts counts = default;
        foreach (T x in values)
        {
            if (!T.IsFinite(x))
                counts.AddOne(x);
        }

        return counts;
    }

    public void AddOne<T>(T x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(x))
            NaN++;
        else if (T.IsPositiveInfinity(x))
            PositiveInfinity++;
        else
            NegativeInfinity++;
    }

    public void Add(in SpecialCounts other)
    {
        NaN += other.NaN;
        PositiveInfinity += other.PositiveInfinity;
        NegativeInfinity += other.NegativeInfinity;
    }
}
