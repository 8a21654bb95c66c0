using System.Buffers.Binary;
using System.Numerics;

namespace Mlops.Statistics;

/// <summary>
/// A mergeable sketch of any distribution whose quantiles have a bounded relative error (the DDSketch family, Masson, Rim and
/// Lee 2019), keyed by the leading bits of a double: sign, exponent and <see cref="PrecisionBits"/> bits of the mantissa.
/// Not thread-safe.
/// </summary>
/// <remarks>
/// Buckets are fixed by the format alone, so merging is exact and independent of order, and no logarithm is taken: an update
/// is a shift and an increment. Values below the smallest normal double count as 0. Memory is 8 bytes times 2^bits per power of two
/// that occurs, about 20 KB for most data.
/// </remarks>
public sealed class QuantileSketch
{
    private const uint Magic = 0x4D51_534B;
    private const byte FormatVersion = 1;
    private const int Exponents = 2047;
    private const int SignBit = 2048;
    private const int MantissaBits = 52;
    private const int Block = 512;
    private const double MinNormal = 2.2250738585072014e-308;

    // By the twelve leading bits, so that neither sign nor exponent is a branch: negative values follow the positive ones.
    private readonly long[]?[] _pages = new long[]?[2 * SignBit];
    private readonly int _shift;
    private readonly int _pageMask;
    private SpecialCounts _special;
    private long _zeros;
    private long _count;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;

    /// <summary>An empty sketch.</summary>
    /// <param name="precisionBits">2 to 12; every further bit halves the error and doubles the memory.</param>
    public QuantileSketch(int precisionBits = 7)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precisionBits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precisionBits, 12);
        PrecisionBits = precisionBits;
        _shift = MantissaBits - precisionBits;
        _pageMask = (1 << precisionBits) - 1;
    }

    /// <summary>Bits of the mantissa that tell buckets apart.</summary>
    public int PrecisionBits { get; }

    /// <summary>Largest relative error of a quantile: half a bucket, 0.0039 at 7 bits.</summary>
    public double RelativeError => Math.ScaleB(1, -(PrecisionBits + 1));

    /// <summary>Finite values seen.</summary>
    public long Count => _count;

    /// <summary>Number of NaN seen.</summary>
    public long NaNCount => _special.NaN;

    /// <summary>Number of +Infinity seen.</summary>
    public long PositiveInfinityCount => _special.PositiveInfinity;

    /// <summary>Number of -Infinity seen.</summary>
    public long NegativeInfinityCount => _special.NegativeInfinity;

    /// <summary>Smallest finite value, exact.</summary>
    public double? Min => _count > 0 ? _min : null;

    /// <summary>Largest finite value, exact.</summary>
    public double? Max => _count > 0 ? _max : null;

    /// <summary>Adds one value.</summary>
    public void Add(double value) => Add([value]);

    /// <summary>Adds all values.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        for (int start = 0; start < values.Length; start += Block)
        {
            ReadOnlySpan<double> block = values.Slice(start, int.Min(Block, values.Length - start));
            if (IsPlain(block, ref _min, ref _max))
            {
                _count += block.Length;
                Tally(block);
                continue;
            }

            foreach (double value in block)
            {
                if (IsPlain([value], ref _min, ref _max))
                {
                    _count++;
                    Tally([value]);
                }
                else
                {
                    AddUnusual(value);
                }
            }
        }
    }

    /// <summary>Whether no value is zero, subnormal, infinite or NaN; only then the extremes take them in.</summary>
    private static bool IsPlain(ReadOnlySpan<double> block, ref double min, ref double max)
    {
        Vector<double> least = new(MinNormal), most = new(double.MaxValue), low = new(min), high = new(max);
        Vector<long> plain = Vector<long>.AllBitsSet;
        int i = 0;
        for (; i <= block.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> x = new(block[i..]), size = Vector.Abs(x);
            plain &= Vector.GreaterThanOrEqual(size, least) & Vector.LessThanOrEqual(size, most);
            low = Vector.MinNative(low, x);
            high = Vector.MaxNative(high, x);
        }

        bool all = Vector.EqualsAll(plain, Vector<long>.AllBitsSet);
        double smallest = min, largest = max;
        for (; i < block.Length; i++)
        {
            all &= double.IsNormal(block[i]);
            smallest = double.MinNative(smallest, block[i]);
            largest = double.MaxNative(largest, block[i]);
        }

        if (!all)
            return false;
        for (int lane = 0; lane < Vector<double>.Count; lane++)
        {
            smallest = double.MinNative(smallest, low[lane]);
            largest = double.MaxNative(largest, high[lane]);
        }

        (min, max) = (smallest, largest);
        return true;
    }

    private void Tally(ReadOnlySpan<double> block)
    {
        // Four places before four increments: one by one, each waits to see that it does not read what the last one wrote.
        int i = 0;
        for (; i <= block.Length - 4; i += 4)
        {
            ref long a = ref BucketOf(block[i]), b = ref BucketOf(block[i + 1]), c = ref BucketOf(block[i + 2]), d = ref BucketOf(block[i + 3]);
            a++;
            b++;
            c++;
            d++;
        }

        for (; i < block.Length; i++)
            BucketOf(block[i])++;
    }

    private ref long BucketOf(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        long[] page = PageOf((int)((ulong)bits >> MantissaBits));
        return ref page[(int)(bits >> _shift) & _pageMask];
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{double})"/>
    public void Add(ReadOnlySpan<float> values)
    {
        Span<double> block = stackalloc double[Block];
        for (; !values.IsEmpty; values = values[int.Min(block.Length, values.Length)..])
        {
            int length = int.Min(block.Length, values.Length);
            SampleSort.Widen(values[..length], block);
            Add(block[..length]);
        }
    }

    /// <summary>Zeros, what counts as zero, infinities, NaN.</summary>
    private void AddUnusual(double value)
    {
        if (!double.IsFinite(value))
        {
            _special.AddOne(value);
            return;
        }

        _zeros++;
        _count++;
        _min = double.MinNative(_min, value + 0.0);
        _max = double.MaxNative(_max, value + 0.0);
    }

    private long[] PageOf(int leading) => _pages[leading] ??= new long[_pageMask + 1];

    /// <summary>Adds everything that <paramref name="other"/> has seen; the result equals one sketch of both, bit for bit.</summary>
    /// <exception cref="ArgumentException">The precisions differ.</exception>
    public void Merge(QuantileSketch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.PrecisionBits != PrecisionBits)
            throw new ArgumentException($"Only sketches of equal precision merge; this one has {PrecisionBits} bits, the other {other.PrecisionBits}. Build both with one precision.", nameof(other));
        _count += other._count;
        _zeros += other._zeros;
        _special.Add(other._special);
        _min = double.Min(_min, other._min);
        _max = double.Max(_max, other._max);
        for (int leading = 0; leading < _pages.Length; leading++)
        {
            if (other._pages[leading] is not long[] page)
                continue;
            long[] target = PageOf(leading);
            for (int slot = 0; slot < page.Length; slot++)
                target[slot] += page[slot];
        }
    }

    /// <summary>
    /// A value whose rank is that of the lower empirical quantile, within <see cref="RelativeError"/> of it; null when empty.
    /// </summary>
    /// <param name="probability">0 to 1.</param>
    public double? Quantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (_count == 0)
            return null;
        long rank = (long)Math.Floor(probability * (_count - 1));
        long seen = 0;
        foreach ((int bucket, long count) in Buckets())
        {
            seen += count;
            if (seen > rank)
                return double.Clamp(Middle(bucket), _min, _max);
        }

        return _max;
    }

    /// <summary>
    /// Bounds on the Kolmogorov-Smirnov distance of the two samples: between buckets it is known exactly, and within a bucket
    /// it cannot exceed what the bucket's counts allow.
    /// </summary>
    /// <returns>Numerators |i m - j n|; null when a sketch is empty.</returns>
    internal static (Int128 Lower, Int128 Upper)? DistanceBounds(QuantileSketch reference, QuantileSketch current)
    {
        if (reference.PrecisionBits != current.PrecisionBits)
            throw new ArgumentException($"Only sketches of equal precision compare; the reference has {reference.PrecisionBits} bits, the current sketch {current.PrecisionBits}. Build both with one precision.", nameof(current));
        if (reference._count == 0 || current._count == 0)
            return null;
        // Merged sketches may hold more values than long products can.
        Int128 n = reference._count, m = current._count, i = 0, j = 0, lower = 0, upper = 0;
        using IEnumerator<(int Bucket, long Count)> left = reference.Buckets().GetEnumerator(), right = current.Buckets().GetEnumerator();
        bool hasLeft = left.MoveNext(), hasRight = right.MoveNext();
        while (hasLeft || hasRight)
        {
            int bucket = !hasRight || (hasLeft && left.Current.Bucket <= right.Current.Bucket) ? left.Current.Bucket : right.Current.Bucket;
            long a = 0, b = 0;
            if (hasLeft && left.Current.Bucket == bucket)
            {
                a = left.Current.Count;
                hasLeft = left.MoveNext();
            }

            if (hasRight && right.Current.Bucket == bucket)
            {
                b = right.Current.Count;
                hasRight = right.MoveNext();
            }

            upper = Int128.Max(upper, Int128.Max(Int128.Abs(((i + a) * m) - (j * n)), Int128.Abs((i * m) - ((j + b) * n))));
            i += a;
            j += b;
            lower = Int128.Max(lower, Int128.Abs((i * m) - (j * n)));
        }

        return (lower, Int128.Max(lower, upper));
    }

    /// <summary>Version 1 of the binary form: header, counts, extremes, then each used bucket; little-endian.</summary>
    public byte[] ToBytes()
    {
        List<(int Bucket, long Count)> buckets = [.. Buckets()];
        byte[] bytes = new byte[8 + (7 * sizeof(long)) + (buckets.Count * 12)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        bytes[4] = FormatVersion;
        bytes[5] = (byte)PrecisionBits;
        Span<byte> at = bytes.AsSpan(8);
        foreach (long value in (ReadOnlySpan<long>)[_special.NaN, _special.PositiveInfinity, _special.NegativeInfinity, _count,
            BitConverter.DoubleToInt64Bits(_min), BitConverter.DoubleToInt64Bits(_max), buckets.Count])
        {
            BinaryPrimitives.WriteInt64LittleEndian(at, value);
            at = at[sizeof(long)..];
        }

        foreach ((int bucket, long count) in buckets)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, bucket);
            BinaryPrimitives.WriteInt64LittleEndian(at[sizeof(int)..], count);
            at = at[12..];
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no sketch, of an unknown version, cut short, or inconsistent.</exception>
    public static QuantileSketch FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8 + (7 * sizeof(long)) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw new FormatException($"The {bytes.Length} bytes do not start as a quantile sketch.");
        if (bytes[4] != FormatVersion)
            throw new FormatException($"The sketch has format version {bytes[4]}; this library reads version {FormatVersion}.");
        if (bytes[5] is < 2 or > 12)
            throw new FormatException($"The sketch names {bytes[5]} bits of precision; 2 to 12 are possible.");
        QuantileSketch sketch = new(bytes[5]);
        Span<long> header = stackalloc long[7];
        ReadOnlySpan<byte> at = bytes[8..];
        foreach (ref long value in header)
        {
            value = BinaryPrimitives.ReadInt64LittleEndian(at);
            at = at[sizeof(long)..];
        }

        if (header[6] < 0 || header[6] > at.Length / 12 || header[6] * 12 != at.Length || header[0] < 0 || header[1] < 0 || header[2] < 0)
            throw new FormatException($"The sketch names {header[6]} buckets, which do not fit its {at.Length} remaining bytes, or a negative count.");
        sketch._special = new SpecialCounts { NaN = header[0], PositiveInfinity = header[1], NegativeInfinity = header[2] };
        sketch._min = BitConverter.Int64BitsToDouble(header[4]);
        sketch._max = BitConverter.Int64BitsToDouble(header[5]);
        for (; !at.IsEmpty; at = at[12..])
            sketch.Put(BinaryPrimitives.ReadInt32LittleEndian(at), BinaryPrimitives.ReadInt64LittleEndian(at[sizeof(int)..]));
        if (sketch._count != header[3])
            throw new FormatException($"The buckets of the sketch sum to {sketch._count}, its header says {header[3]}.");
        bool ordered = sketch._count == 0 || (double.IsFinite(sketch._min) && double.IsFinite(sketch._max) && sketch._min <= sketch._max);
        return ordered ? sketch : throw new FormatException("The smallest and the largest value of the sketch contradict each other.");
    }

    private void Put(int bucket, long count)
    {
        int key = (bucket == int.MinValue ? int.MaxValue : Math.Abs(bucket)) - 1;
        int exponent = (key >> PrecisionBits) + 1;
        if (count <= 0 || count > long.MaxValue - _count || (bucket != 0 && exponent >= Exponents))
            throw new FormatException($"The sketch holds {count} values in bucket {bucket}, which is not possible.");
        _count += count;
        if (bucket == 0)
        {
            _zeros += count;
            return;
        }

        PageOf(exponent + (bucket < 0 ? SignBit : 0))[key & _pageMask] += count;
    }

    /// <summary>Used buckets in the order of their values; 0 is zero, +-(1 + key) the others.</summary>
    private IEnumerable<(int Bucket, long Count)> Buckets()
    {
        for (int exponent = Exponents - 1; exponent >= 1; exponent--)
        {
            if (_pages[SignBit + exponent] is not long[] page)
                continue;
            for (int slot = page.Length - 1; slot >= 0; slot--)
            {
                if (page[slot] > 0)
                    yield return (-Bucket(exponent, slot), page[slot]);
            }
        }

        if (_zeros > 0)
            yield return (0, _zeros);
        for (int exponent = 1; exponent < Exponents; exponent++)
        {
            if (_pages[exponent] is not long[] page)
                continue;
            for (int slot = 0; slot < page.Length; slot++)
            {
                if (page[slot] > 0)
                    yield return (Bucket(exponent, slot), page[slot]);
            }
        }
    }

    private int Bucket(int exponent, int slot) => (((exponent - 1) << PrecisionBits) | slot) + 1;

    private double Middle(int bucket)
    {
        if (bucket == 0)
            return 0;
        long key = Math.Abs(bucket) - 1L + (1L << PrecisionBits);
        long bits = (key << _shift) | (1L << (_shift - 1));
        double middle = BitConverter.Int64BitsToDouble(bits);
        return bucket < 0 ? -middle : middle;
    }
}
