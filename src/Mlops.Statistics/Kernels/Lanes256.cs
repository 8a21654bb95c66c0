using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>Four 256-bit vectors.</summary>
internal readonly struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<double> _a;
    private readonly Vector256<double> _b;
    private readonly Vector256<double> _c;
    private readonly Vector256<double> _d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
    {
        _a = a;
        _b = b;
        _c = c;
        _d = d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(double value)
    {
        Vector256<double> v = Vector256.Create(value);
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(ref double source) =>
        new(Vector256.LoadUnsafe(ref source), Vector256.LoadUnsafe(ref source, 4), Vector256.LoadUnsafe(ref source, 8), Vector256.LoadUnsafe(ref source, 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(ref float source)
    {
        Vector256<float> n0 = Vector256.LoadUnsafe(ref source, 0);
        Vector256<float> n1 = Vector256.LoadUnsafe(ref source, 8);
        return new(Vector256.WidenLower(n0), Vector256.WidenUpper(n0), Vector256.WidenLower(n1), Vector256.WidenUpper(n1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) =>
        new(left._a + right._a, left._b + right._b, left._c + right._c, left._d + right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) =>
        new(left._a - right._a, left._b - right._b, left._c - right._c, left._d - right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) =>
        new(left._a * right._a, left._b * right._b, left._c * right._c, left._d * right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator &(Lanes256 left, Lanes256 right) =>
        new(left._a & right._a, left._b & right._b, left._c & right._c, left._d & right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 addend) =>
        new(Vector256.FusedMultiplyAdd(a._a, b._a, addend._a), Vector256.FusedMultiplyAdd(a._b, b._b, addend._b), Vector256.FusedMultiplyAdd(a._c, b._c, addend._c), Vector256.FusedMultiplyAdd(a._d, b._d, addend._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Min(Lanes256 left, Lanes256 right) =>
        new(Vector256.MinNative(left._a, right._a), Vector256.MinNative(left._b, right._b), Vector256.MinNative(left._c, right._c), Vector256.MinNative(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 left, Lanes256 right) =>
        new(Vector256.MaxNative(left._a, right._a), Vector256.MaxNative(left._b, right._b), Vector256.MaxNative(left._c, right._c), Vector256.MaxNative(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 FiniteMask(Lanes256 value)
    {
        Vector256<double> limit = Vector256.Create(double.MaxValue);
        return new(Vector256.LessThanOrEqual(Vector256.Abs(value._a), limit), Vector256.LessThanOrEqual(Vector256.Abs(value._b), limit), Vector256.LessThanOrEqual(Vector256.Abs(value._c), limit), Vector256.LessThanOrEqual(Vector256.Abs(value._d), limit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 whenSet, Lanes256 whenClear) =>
        new(Vector256.ConditionalSelect(mask._a, whenSet._a, whenClear._a), Vector256.ConditionalSelect(mask._b, whenSet._b, whenClear._b), Vector256.ConditionalSelect(mask._c, whenSet._c, whenClear._c), Vector256.ConditionalSelect(mask._d, whenSet._d, whenClear._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Lanes256 mask) =>
        BitOperations.PopCount(Vector256.ExtractMostSignificantBits(mask._a)) +
        BitOperations.PopCount(Vector256.ExtractMostSignificantBits(mask._b)) +
        BitOperations.PopCount(Vector256.ExtractMostSignificantBits(mask._c)) +
        BitOperations.PopCount(Vector256.ExtractMostSignificantBits(mask._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Scale(Lanes256 value, Lanes256 exponent) =>
        new(Scaled(value._a, exponent._a), Scaled(value._b, exponent._b), Scaled(value._c, exponent._c), Scaled(value._d, exponent._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Scaled(Vector256<double> value, Vector256<double> exponent) =>
        (value.AsInt64() + (exponent.AsInt64() << 52)).AsDouble();

    public void Store(Span<double> destination)
    {
        _a.CopyTo(destination[0..]);
        _b.CopyTo(destination[4..]);
        _c.CopyTo(destination[8..]);
        _d.CopyTo(destination[12..]);
    }

    public void Store(Span<float> destination)
    {
        Vector256.Narrow(_a, _b).CopyTo(destination[0..]);
        Vector256.Narrow(_c, _d).CopyTo(destination[8..]);
    }
}
