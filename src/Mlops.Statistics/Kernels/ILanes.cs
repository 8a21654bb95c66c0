using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>
/// Sixteen double accumulators in one fixed logical order. A kernel written against this interface
/// performs the same additions in the same order on every vector width, so its result has the same bits.
/// </summary>
internal interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract TSelf Create(double value);

    static abstract TSelf Load(ref double source);

    /// <summary>Loads sixteen floats and widens them, which is exact.</summary>
    static abstract TSelf Load(ref float source);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator &(TSelf left, TSelf right);

    /// <summary>Rounds once: <c>a * b + addend</c>.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf addend);

    /// <summary>The smaller value per lane; the operands hold no NaN, and the sign of a zero is unspecified.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>All bits set where the lane is finite.</summary>
    static abstract TSelf FiniteMask(TSelf value);

    /// <summary>Takes <paramref name="whenSet"/> where the mask is set.</summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    static abstract int CountSet(TSelf mask);

    /// <summary>Multiplies by two to the power of the integer in the low bits of <paramref name="exponent"/>; the product must be a normal number.</summary>
    static abstract TSelf Scale(TSelf value, TSelf exponent);

    void Store(Span<double> destination);

    /// <summary>Stores sixteen floats, rounded to nearest.</summary>
    void Store(Span<float> destination);
}

/// <summary>The order in which sixteen lanes fold into one number.</summary>
internal static class LaneTree
{
    public const int Count = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum<TLanes>(TLanes lanes)
        where TLanes : struct, ILanes<TLanes>
    {
        Span<double> v = stackalloc double[Count];
        lanes.Store(v);
        for (int width = Count / 2; width > 0; width /= 2)
        {
            for (int i = 0; i < width; i++)
                v[i] += v[i + width];
        }

        return v[0];
    }

    public static double Min<TLanes>(TLanes lanes)
        where TLanes : struct, ILanes<TLanes>
    {
        Span<double> v = stackalloc double[Count];
        lanes.Store(v);
        double min = v[0];
        foreach (double x in v)
            min = x < min ? x : min;
        return min;
    }

    public static double Max<TLanes>(TLanes lanes)
        where TLanes : struct, ILanes<TLanes>
    {
        Span<double> v = stackalloc double[Count];
        lanes.Store(v);
        double max = v[0];
        foreach (double x in v)
            max = x > max ? x : max;
        return max;
    }
}
