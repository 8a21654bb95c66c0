using System.Globalization;
using System.Runtime.CompilerServices;

namespace Mlops.Serving.AspNetCore;

internal ref partial struct JsonCursor
{
    private const int ExactDigits = 19;            // as many fit into 64 bits, whatever they are
    private const int LargestExactPower = 22;      // of ten, as a double
    private const ulong ExactMantissa = 1UL << 53;
    private static readonly double[] Powers = [.. Enumerable.Range(0, LargestExactPower + 1).Select(static power => double.Parse($"1e{power}", CultureInfo.InvariantCulture))];

    /// <summary>Reads a number as the nearest float32.</summary>
    /// <exception cref="WireException">It is not a number, or beyond the largest float32.</exception>
    public float ReadSingle()
    {
        int start = _at;
        if (!TryReadDigits(out ulong mantissa, out int exponent, out bool isNegative, out double literal))
            return (float)literal;

        if (mantissa == 0)
            return isNegative ? -0f : 0f;
        if ((uint)(exponent + LargestExactPower) <= 2 * LargestExactPower)
        {
            // The double is at most two units of its last place off. It rounds to the same float32 as the number itself, unless it lies that
            // near to the middle of two of them.
            double value = exponent < 0 ? mantissa / Powers[-exponent] : mantissa * Powers[exponent];
            long tail = BitConverter.DoubleToInt64Bits(value) & 0x1FFF_FFFF;
            if (Math.Abs(tail - 0x1000_0000) > 4 && value is > 1.2e-38 and < 3.4e38)
                return (float)(isNegative ? -value : value);
        }

        return ParseSingle(start);
    }

    /// <summary>Reads a number as the nearest float64.</summary>
    /// <exception cref="WireException">It is not a number, or beyond the largest float64.</exception>
    public double ReadDouble()
    {
        int start = _at;
        if (!TryReadDigits(out ulong mantissa, out int exponent, out bool isNegative, out double literal))
            return literal;

        // Both operands are exact, so that one rounding gives the nearest.
        if (mantissa <= ExactMantissa && (uint)(exponent + LargestExactPower) <= 2 * LargestExactPower)
        {
            double value = exponent < 0 ? mantissa / Powers[-exponent] : mantissa * Powers[exponent];
            return isNegative ? -value : value;
        }

        return ParseDouble(start);
    }

    /// <summary>Reads a whole number from 0 to a largest.</summary>
    public ulong ReadUnsigned(ulong largest, string what)
    {
        ulong magnitude = ReadWhole(what, out bool isNegative);
        return magnitude <= largest && (!isNegative || magnitude == 0) ? magnitude : throw Failure($"the number does not fit {what}");
    }

    /// <summary>Reads a whole number from -largest-1 to a largest.</summary>
    public long ReadSigned(long largest, string what)
    {
        ulong magnitude = ReadWhole(what, out bool isNegative);
        if (magnitude > (ulong)largest + (isNegative ? 1UL : 0UL))
            throw Failure($"the number does not fit {what}");
        return isNegative ? -(long)magnitude : (long)magnitude;
    }

    private ulong ReadWhole(string what, out bool isNegative)
    {
        Peek();
        ReadOnlySpan<byte> json = _json;
        int at = _at;
        isNegative = (uint)at < (uint)json.Length && json[at] == '-';
        if (isNegative)
            at++;

        int first = at;
        ulong magnitude = 0;
        for (; (uint)at < (uint)json.Length && (uint)(json[at] - '0') is var digit and <= 9; at++)
        {
            if (magnitude > (ulong.MaxValue - digit) / 10)
                throw Failure($"the number does not fit {what}");
            magnitude = magnitude * 10 + digit;
        }

        if (at == first)
            throw Unexpected($"a number for {what}");
        if (at - first > 1 && json[first] == '0')
            throw Failure("a number has a leading zero");
        if ((uint)at < (uint)json.Length && json[at] is (byte)'.' or (byte)'e' or (byte)'E')
            throw Failure($"{what} takes whole numbers only");
        _at = at;
        return magnitude;
    }

    /// <summary>Reads a number as a product of a mantissa, whose digits beyond the nineteenth are dropped, and a power of ten; false for a literal.</summary>
    private bool TryReadDigits(out ulong mantissa, out int exponent, out bool isNegative, out double literal)
    {
        mantissa = 0;
        exponent = 0;
        literal = 0;
        Peek();
        ReadOnlySpan<byte> json = _json;
        int at = _at;
        isNegative = (uint)at < (uint)json.Length && json[at] == '-';
        if (isNegative)
            at++;

        int first = at;
        int digits = 0;
        for (; (uint)at < (uint)json.Length && (uint)(json[at] - '0') is var digit and <= 9; at++)
            Add(digit, ref mantissa, ref digits, ref exponent, places: 0);
        if (at == first)
        {
            literal = ReadLiteral(isNegative);
            return false;
        }

        if (at - first > 1 && json[first] == '0')
            throw Failure("a number has a leading zero");
        if ((uint)at < (uint)json.Length && json[at] == '.')
        {
            int point = at++;
            for (; (uint)at < (uint)json.Length && (uint)(json[at] - '0') is var digit and <= 9; at++)
                Add(digit, ref mantissa, ref digits, ref exponent, places: 1);
            if (at == point + 1)
                throw Failure("a number ends with its point");
        }

        if ((uint)at < (uint)json.Length && json[at] is (byte)'e' or (byte)'E')
            at = ReadExponent(at + 1, ref exponent);
        _at = at;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(uint digit, ref ulong mantissa, ref int digits, ref int exponent, int places)
    {
        if (digits < ExactDigits)
        {
            mantissa = mantissa * 10 + digit;
            digits += mantissa == 0 ? 0 : 1;
            exponent -= places;
        }
        else
            exponent += 1 - places;
    }

    private readonly int ReadExponent(int at, ref int exponent)
    {
        ReadOnlySpan<byte> json = _json;
        bool isNegative = (uint)at < (uint)json.Length && json[at] == '-';
        if (isNegative || ((uint)at < (uint)json.Length && json[at] == '+'))
            at++;

        int first = at;
        int value = 0;
        for (; (uint)at < (uint)json.Length && json[at] - '0' is var digit and >= 0 and <= 9; at++)
            value = Math.Min(value * 10 + digit, 100_000);
        if (at == first)
            throw Failure("a number has an exponent without digits");

        exponent += isNegative ? -value : value;
        return at;
    }

    private double ReadLiteral(bool isNegative)
    {
        if (isNegative)
            _at++;
        ReadOnlySpan<byte> rest = _json[_at..];
        if (rest.StartsWith("Infinity"u8))
        {
            _at += "Infinity"u8.Length;
            return isNegative ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (isNegative || !rest.StartsWith("NaN"u8))
            throw Unexpected("a number");
        _at += "NaN"u8.Length;
        return double.NaN;
    }

    private readonly float ParseSingle(int start)
    {
        float value = float.Parse(TextFrom(start), NumberStyles.Float, CultureInfo.InvariantCulture);
        return float.IsFinite(value) ? value : throw Failure("the number does not fit FP32");
    }

    private readonly double ParseDouble(int start)
    {
        double value = double.Parse(TextFrom(start), NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? value : throw Failure("the number does not fit FP64");
    }

    private readonly ReadOnlySpan<byte> TextFrom(int start) => _json[start.._at].TrimStart(" \n\r\t"u8);
}
