using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>Two 512-bit vectors.</summary>
internal readonly struct Lanes512 : ILanes<Lanes512>
{
    private readonly Vector512<double> _a;
    private readonly Vector512<double> _b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes512(Vector512<double> a, Vector512<double> b)
    {
        _a = a;
        _b = b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Create(double value)
    {
        Vector512<double> v = Vector512.Create(value);
        return new(v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(ref double source) =>
        new(Vector512.LoadUnsafe(ref source), Vector512.LoadUnsafe(ref source, 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(ref float source)
    {
        Vector512<float> narrow = Vector512.LoadUnsafe(ref source);
        return new(Vector512.WidenLower(narrow), Vector512.WidenUpper(narrow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 left, Lanes512 right) =>
        new(left._a + right._a, left._b + right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 left, Lanes512 right) =>
        new(left._a - right._a, left._b - right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 left, Lanes512 right) =>
        new(left._a * right._a, left._b * right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator &(Lanes512 left, Lanes512 right) =>
        new(left._a & right._a, left._b & right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 addend) =>
        new(Vector512.FusedMultiplyAdd(a._a, b._a, addend._a), Vector512.FusedMultiplyAdd(a._b, b._b, addend._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Min(Lanes512 left, Lanes512 right) =>
        new(Vector512.MinNative(left._a, right._a), Vector512.MinNative(left._b, right._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 left, Lanes512 right) =>
        new(Vector512.MaxNative(left._a, right._a), Vector512.MaxNative(left._b, right._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 FiniteMask(Lanes512 value)
    {
        Vector512<double> limit = Vector512.Create(double.MaxValue);
        return new(Vector512.LessThanOrEqual(Vector512.Abs(value._a), limit), Vector512.LessThanOrEqual(Vector512.Abs(value._b), limit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Select(Lanes512 mask, Lanes512 whenSet, Lanes512 whenClear) =>
        new(Vector512.ConditionalSelect(mask._a, whenSet._a, whenClear._a), Vector512.ConditionalSelect(mask._b, whenSet._b, whenClear._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Lanes512 mask) =>
        BitOperations.PopCount(Vector512.ExtractMostSignificantBits(mask._a)) +
        BitOperations.PopCount(Vector512.ExtractMostSignificantBits(mask._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Scale(Lanes512 value, Lanes512 exponent) =>
        new(Scaled(value._a, exponent._a), Scaled(value._b, exponent._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Scaled(Vector512<double> value, Vector512<double> exponent) =>
        (value.AsInt64() + (exponent.AsInt64() << 52)).AsDouble();

    public void Store(Span<double> destination)
    {
        _a.CopyTo(destination[0..]);
        _b.CopyTo(destination[8..]);
    }

    public void Store(Span<float> destination)
    {
        Vector512.Narrow(_a, _b).CopyTo(destination[0..]);
    }
}
