using System.Buffers.Binary;

namespace Mlops.Statistics;

/// <summary>
/// A mergeable sketch of any distribution whose ranks have a bounded error (KLL, Karnin, Lang and Liberty 2016): about 3 k values, each of
/// which stands for a power of two of them. Not thread-safe.
/// </summary>
/// <remarks>
/// Where <see cref="QuantileSketch"/> bounds the error of a quantile's value, this one bounds that of its rank, whatever the values: it
/// resolves a narrow range far from zero and a mixture of scales alike, and <see cref="RankError"/> says how well. Compaction draws coins from the seed and
/// the values, so equal input gives equal bytes on every machine.
/// </remarks>
public sealed class KllSketch
{
    private const uint Magic = 0x4D4B_4C4C;
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 16;
    private const int HeaderLongs = 10;
    private const int MinimumK = 8;
    private const int MaximumK = 1 << 20;

    private readonly KllLevels _levels;
    private SpecialCounts _special;
    private long _count;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;

    /// <summary>An empty sketch.</summary>
    /// <param name="k">8 to 1 048 576; the rank error is inversely proportional.</param>
    /// <param name="seed">
    /// Seed of the coins. Sketches of different data may share it; those of the same values in the same order err alike, so give parts that could
    /// repeat each other different seeds before they merge.
    /// </param>
    public KllSketch(int k = 512, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, MinimumK);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, MaximumK);
        _levels = new KllLevels(k, seed);
    }

    /// <summary>Values on the highest level.</summary>
    public int K => _levels.K;

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

    /// <summary>Values held.</summary>
    public int RetainedCount
    {
        get
        {
            int sum = 0;
            for (int level = 0; level <= _levels.Top; level++)
                sum += _levels.Level(level).Length;
            return sum;
        }
    }

    /// <summary>Root of the variance bound over the count; for <see cref="KllError"/>.</summary>
    internal double Sigma => _count == 0 ? 0 : Math.Sqrt(_levels.Variance) / _count;

    /// <summary>Adds one value; amortised O(log k), allocates nothing once the levels stand.</summary>
    public void Add(double value)
    {
        if (!double.IsFinite(value))
        {
            _special.AddOne(value);
            return;
        }

        value += 0.0;
        _count++;
        _min = double.MinNative(_min, value);
        _max = double.MaxNative(_max, value);
        _levels.Add(value);
    }

    /// <summary>Adds all values.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
            Add(value);
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{double})"/>
    public void Add(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            Add(value);
    }

    /// <summary>
    /// Adds everything that <paramref name="other"/> has seen. <see cref="RankError"/> then holds for both together; which values are
    /// kept depends on the order of merges.
    /// </summary>
    /// <exception cref="ArgumentException">The k differ, or it is this sketch itself.</exception>
    /// <exception cref="OverflowException">Both together saw more than 2^63 - 1 values; nothing was added.</exception>
    public void Merge(KllSketch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.K != K)
            throw new ArgumentException($"Only sketches of equal k merge; this one has {K}, the other {other.K}.", nameof(other));
        if (ReferenceEquals(other, this))
            throw new ArgumentException("A sketch does not merge with itself: both halves would err alike, which the error bound does not cover.", nameof(other));
        _count = checked(_count + other._count);
        _special.Add(other._special);
        _min = double.Min(_min, other._min);
        _max = double.Max(_max, other._max);
        _levels.Merge(other._levels);
    }

    /// <summary>
    /// With probability 1 - <paramref name="delta"/> over the coins, no share of values up to any x is wrong by more than this, for all x at
    /// once; 0 while every value is held.
    /// </summary>
    /// <remarks>
    /// sigma sqrt(2 ln(2 J / delta)) + 1 / (J + 1), where n^2 sigma^2 sums 4^h over the pairs of compactions this sketch has really
    /// made at level h, and J is near the best number of cuts: Hoeffding's (1963) bound at J ranks. sigma is 1.92 / k at most
    /// after one pass. It is a bound, about 2.4 times the error to expect.
    /// </remarks>
    /// <param name="delta">Strictly between 0 and 1.</param>
    public double RankError(double delta = 0.01)
    {
        if (!(delta > 0 && delta < 1))
            throw new ArgumentOutOfRangeException(nameof(delta), delta, "A probability strictly between 0 and 1 is needed.");
        return KllError.Uniform(Sigma, delta);
    }

    /// <summary>The estimated share of finite values that are at most <paramref name="value"/>; null when empty or for NaN.</summary>
    public double? Rank(double value)
    {
        if (_count == 0 || double.IsNaN(value))
            return null;
        long below = 0;
        for (int level = 0; level <= _levels.Top; level++)
        {
            long held = 0;
            foreach (double x in _levels.Level(level))
                held += x <= value ? 1 : 0;
            below += held << level;
        }

        return (double)below / _count;
    }

    /// <summary>
    /// A value seen whose rank is within <see cref="RankError"/> of that of the lower empirical quantile; exact at 0 and 1; null when empty.
    /// </summary>
    /// <param name="probability">0 to 1.</param>
    public double? Quantile(double probability)
    {
        if (!(probability >= 0 && probability <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability from 0 to 1 is needed.");
        if (_count == 0)
            return null;
        if (probability is 0 or 1)
            return probability == 0 ? _min : _max;
        (double[] values, long[] weights) = Weighted();
        long rank = (long)Math.Floor(probability * (_count - 1)), seen = 0;
        for (int i = 0; i < values.Length; i++)
        {
            seen += weights[i];
            if (seen > rank)
                return values[i];
        }

        return _max;
    }

    /// <summary>The values held, ascending, and what each stands for.</summary>
    internal (double[] Values, long[] Weights) Weighted()
    {
        double[] values = new double[RetainedCount];
        long[] weights = new long[values.Length];
        int at = 0;
        for (int level = 0; level <= _levels.Top; level++)
        {
            ReadOnlySpan<double> held = _levels.Level(level);
            held.CopyTo(values.AsSpan(at));
            weights.AsSpan(at, held.Length).Fill(1L << level);
            at += held.Length;
        }

        Array.Sort(values, weights);
        return (values, weights);
    }

    /// <summary>Version 1 of the binary form: header, counts, extremes, coins, then sizes and values of each level; little-endian.</summary>
    public byte[] ToBytes()
    {
        int top = _levels.Top;
        byte[] bytes = new byte[HeaderBytes + (HeaderLongs * sizeof(long)) + ((top + 1) * sizeof(int)) + (RetainedCount * sizeof(double))];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        bytes[4] = FormatVersion;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), K);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), top);
        Span<byte> at = bytes.AsSpan(HeaderBytes);
        foreach (long value in (ReadOnlySpan<long>)[_special.NaN, _special.PositiveInfinity, _special.NegativeInfinity, _count,
            BitConverter.DoubleToInt64Bits(_min), BitConverter.DoubleToInt64Bits(_max), BitConverter.DoubleToInt64Bits(_levels.Variance),
            (long)_levels.State, (long)_levels.Coins, (long)_levels.Pending])
        {
            BinaryPrimitives.WriteInt64LittleEndian(at, value);
            at = at[sizeof(long)..];
        }

        for (int level = 0; level <= top; level++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, _levels.Level(level).Length);
            at = at[sizeof(int)..];
        }

        for (int level = 0; level <= top; level++)
        {
            foreach (double value in _levels.Level(level))
            {
                BinaryPrimitives.WriteDoubleLittleEndian(at, value);
                at = at[sizeof(double)..];
            }
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no such sketch, of an unknown version, cut short, or inconsistent.</exception>
    public static KllSketch FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes + (HeaderLongs * sizeof(long)) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw new FormatException($"The {bytes.Length} bytes do not start as a rank sketch.");
        if (bytes[4] != FormatVersion)
            throw new FormatException($"The sketch has format version {bytes[4]}; this library reads version {FormatVersion}.");
        int k = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), top = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (k is < MinimumK or > MaximumK || top is < 0 or >= KllLevels.MaximumLevels || bytes[5..8].ContainsAnyExcept((byte)0))
            throw new FormatException($"The sketch names k = {k}, {top} levels above the first and reserved bytes; {MinimumK} to {MaximumK}, up to {KllLevels.MaximumLevels - 1} and zeros are possible.");
        Span<long> header = stackalloc long[HeaderLongs];
        ReadOnlySpan<byte> at = bytes[HeaderBytes..];
        foreach (ref long value in header)
        {
            value = BinaryPrimitives.ReadInt64LittleEndian(at);
            at = at[sizeof(long)..];
        }

        double variance = BitConverter.Int64BitsToDouble(header[6]);
        ulong used = (2ul << top) - 1;
        if (header[0] < 0 || header[1] < 0 || header[2] < 0 || !(variance <= (double)header[3] * header[3]) || (top == 0 ? variance != 0 : !(variance > 0)) || (((ulong)header[8] | (ulong)header[9]) & ~used) != 0)
            throw new FormatException("The sketch holds a negative count, an impossible variance or a coin of a level it does not have.");
        KllSketch sketch = new(k, (ulong)header[7])
        {
            _special = new SpecialCounts { NaN = header[0], PositiveInfinity = header[1], NegativeInfinity = header[2] },
            _count = header[3],
            _min = BitConverter.Int64BitsToDouble(header[4]),
            _max = BitConverter.Int64BitsToDouble(header[5]),
        };
        sketch._levels.Restore(sketch.ReadLevels(at, top), (ulong)header[8], (ulong)header[9], variance);
        return sketch;
    }

    private double[][] ReadLevels(ReadOnlySpan<byte> at, int top)
    {
        if (at.Length < (top + 1) * sizeof(int))
            throw new FormatException("The sketch is cut short.");
        ReadOnlySpan<byte> sizes = at;
        at = at[((top + 1) * sizeof(int))..];
        double[][] levels = new double[top + 1][];
        Int128 sum = 0;
        for (int level = 0; level <= top; level++)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(sizes[(level * sizeof(int))..]);
            int limit = level == 0 ? KllLevels.BaseCapacity(K) - 1 : int.Max(K, MinimumK);
            if (size < 0 || size > limit || size > at.Length / sizeof(double))
                throw new FormatException($"Level {level} of the sketch names {size} values; {limit} at most are possible, and {at.Length} bytes are left.");
            levels[level] = new double[size];
            foreach (ref double value in levels[level].AsSpan())
            {
                value = BinaryPrimitives.ReadDoubleLittleEndian(at);
                at = at[sizeof(double)..];
                if (!(value >= _min && value <= _max && double.IsFinite(value)))
                    throw new FormatException($"Level {level} of the sketch holds {value}, which is not between its extremes {_min} and {_max}.");
            }

            for (int i = 1; level > 0 && i < size; i++)
            {
                if (levels[level][i] < levels[level][i - 1])
                    throw new FormatException($"Level {level} of the sketch is not in order at value {i}.");
            }

            sum += (Int128)size << level;
        }

        bool extremes = _count == 0 ? _min > _max : double.IsFinite(_min) && double.IsFinite(_max);
        if (!extremes)
            throw new FormatException($"The sketch of {_count} values names the extremes {_min} and {_max}.");
        if (!at.IsEmpty || sum != _count)
            throw new FormatException($"The levels of the sketch stand for {sum} values and leave {at.Length} bytes; its header says {_count} values.");
        return levels;
    }
}
