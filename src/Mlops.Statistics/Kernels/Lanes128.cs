using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>Eight 128-bit vectors; without hardware vectors the runtime runs them as scalar code.</summary>
internal readonly struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<double> _a;
    private readonly Vector128<double> _b;
    private readonly Vector128<double> _c;
    private readonly Vector128<double> _d;
    private readonly Vector128<double> _e;
    private readonly Vector128<double> _f;
    private readonly Vector128<double> _g;
    private readonly Vector128<double> _h;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<double> a, Vector128<double> b, Vector128<double> c, Vector128<double> d, Vector128<double> e, Vector128<double> f, Vector128<double> g, Vector128<double> h)
    {
        _a = a;
        _b = b;
        _c = c;
        _d = d;
        _e = e;
        _f = f;
        _g = g;
        _h = h;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create(double value)
    {
        Vector128<double> v = Vector128.Create(value);
        return new(v, v, v, v, v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(ref double source) =>
        new(Vector128.LoadUnsafe(ref source), Vector128.LoadUnsafe(ref source, 2), Vector128.LoadUnsafe(ref source, 4), Vector128.LoadUnsafe(ref source, 6), Vector128.LoadUnsafe(ref source, 8), Vector128.LoadUnsafe(ref source, 10), Vector128.LoadUnsafe(ref source, 12), Vector128.LoadUnsafe(ref source, 14));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(ref float source)
    {
        Vector128<float> n0 = Vector128.LoadUnsafe(ref source, 0);
        Vector128<float> n1 = Vector128.LoadUnsafe(ref source, 4);
        Vector128<float> n2 = Vector128.LoadUnsafe(ref source, 8);
        Vector128<float> n3 = Vector128.LoadUnsafe(ref source, 12);
        return new(Vector128.WidenLower(n0), Vector128.WidenUpper(n0), Vector128.WidenLower(n1), Vector128.WidenUpper(n1), Vector128.WidenLower(n2), Vector128.WidenUpper(n2), Vector128.WidenLower(n3), Vector128.WidenUpper(n3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 left, Lanes128 right) =>
        new(left._a + right._a, left._b + right._b, left._c + right._c, left._d + right._d, left._e + right._e, left._f + right._f, left._g + right._g, left._h + right._h);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 left, Lanes128 right) =>
        new(left._a - right._a, left._b - right._b, left._c - right._c, left._d - right._d, left._e - right._e, left._f - right._f, left._g - right._g, left._h - right._h);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 left, Lanes128 right) =>
        new(left._a * right._a, left._b * right._b, left._c * right._c, left._d * right._d, left._e * right._e, left._f * right._f, left._g * right._g, left._h * right._h);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator &(Lanes128 left, Lanes128 right) =>
        new(left._a & right._a, left._b & right._b, left._c & right._c, left._d & right._d, left._e & right._e, left._f & right._f, left._g & right._g, left._h & right._h);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 addend) =>
        new(Vector128.FusedMultiplyAdd(a._a, b._a, addend._a), Vector128.FusedMultiplyAdd(a._b, b._b, addend._b), Vector128.FusedMultiplyAdd(a._c, b._c, addend._c), Vector128.FusedMultiplyAdd(a._d, b._d, addend._d), Vector128.FusedMultiplyAdd(a._e, b._e, addend._e), Vector128.FusedMultiplyAdd(a._f, b._f, addend._f), Vector128.FusedMultiplyAdd(a._g, b._g, addend._g), Vector128.FusedMultiplyAdd(a._h, b._h, addend._h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Min(Lanes128 left, Lanes128 right) =>
        new(Vector128.MinNative(left._a, right._a), Vector128.MinNative(left._b, right._b), Vector128.MinNative(left._c, right._c), Vector128.MinNative(left._d, right._d), Vector128.MinNative(left._e, right._e), Vector128.MinNative(left._f, right._f), Vector128.MinNative(left._g, right._g), Vector128.MinNative(left._h, right._h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 left, Lanes128 right) =>
        new(Vector128.MaxNative(left._a, right._a), Vector128.MaxNative(left._b, right._b), Vector128.MaxNative(left._c, right._c), Vector128.MaxNative(left._d, right._d), Vector128.MaxNative(left._e, right._e), Vector128.MaxNative(left._f, right._f), Vector128.MaxNative(left._g, right._g), Vector128.MaxNative(left._h, right._h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 FiniteMask(Lanes128 value)
    {
        Vector128<double> limit = Vector128.Create(double.MaxValue);
        return new(Vector128.LessThanOrEqual(Vector128.Abs(value._a), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._b), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._c), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._d), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._e), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._f), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._g), limit), Vector128.LessThanOrEqual(Vector128.Abs(value._h), limit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 whenSet, Lanes128 whenClear) =>
        new(Vector128.ConditionalSelect(mask._a, whenSet._a, whenClear._a), Vector128.ConditionalSelect(mask._b, whenSet._b, whenClear._b), Vector128.ConditionalSelect(mask._c, whenSet._c, whenClear._c), Vector128.ConditionalSelect(mask._d, whenSet._d, whenClear._d), Vector128.ConditionalSelect(mask._e, whenSet._e, whenClear._e), Vector128.ConditionalSelect(mask._f, whenSet._f, whenClear._f), Vector128.ConditionalSelect(mask._g, whenSet._g, whenClear._g), Vector128.ConditionalSelect(mask._h, whenSet._h, whenClear._h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Lanes128 mask) =>
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._a)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._b)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._c)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._d)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._e)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._f)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._g)) +
        BitOperations.PopCount(Vector128.ExtractMostSignificantBits(mask._h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Scale(Lanes128 value, Lanes128 exponent) =>
        new(Scaled(value._a, exponent._a), Scaled(value._b, exponent._b), Scaled(value._c, exponent._c), Scaled(value._d, exponent._d), Scaled(value._e, exponent._e), Scaled(value._f, exponent._f), Scaled(value._g, exponent._g), Scaled(value._h, exponent._h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Scaled(Vector128<double> value, Vector128<double> exponent) =>
        (value.AsInt64() + (exponent.AsInt64() << 52)).AsDouble();

    public void Store(Span<double> destination)
    {
        _a.CopyTo(destination[0..]);
        _b.CopyTo(destination[2..]);
        _c.CopyTo(destination[4..]);
        _d.CopyTo(destination[6..]);
        _e.CopyTo(destination[8..]);
        _f.CopyTo(destination[10..]);
        _g.CopyTo(destination[12..]);
        _h.CopyTo(destination[14..]);
    }

    public void Store(Span<float> destination)
    {
        Vector128.Narrow(_a, _b).CopyTo(destination[0..]);
        Vector128.Narrow(_c, _d).CopyTo(destination[4..]);
        Vector128.Narrow(_e, _f).CopyTo(destination[8..]);
        Vector128.Narrow(_g, _h).CopyTo(destination[12..]);
    }
}
