using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Counts distinct values in 2^<see cref="Precision"/> bytes (HyperLogLog, Flajolet, Fusy, Gandouet and Meunier 2007): each register
/// keeps the longest run of leading zeros among the 64-bit hashes that fall to it. Not thread-safe.
/// </summary>
/// <remarks>
/// Adding is idempotent and merging takes the larger register, so parts may overlap, come in any order or be merged twice. Numbers
/// and texts hash apart: 1L, 1.0 and "1" are three values. NaN is one value, infinities are two, -0 equals 0. The hash is fixed by the
/// format and has no secret, so do not count keys an adversary chooses.
/// </remarks>
public sealed class HyperLogLog
{
    private const uint Magic = 0x4D48_4C4C;
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 8;
    private const int MinimumPrecision = 4;
    private const int MaximumPrecision = 18;
    private const int HashBits = 64;

    /// <summary>Relative variance of the raw estimator times the number of registers: 3 ln 2 - 1 (Flajolet et al. 2007).</summary>
    private const double VarianceConstant = 1.0794415416798357;

    private readonly byte[] _registers;

    /// <summary>An empty counter.</summary>
    /// <param name="precision">4 to 18; every further bit doubles the memory and divides the error by 1.41.</param>
    public HyperLogLog(int precision = 12)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, MinimumPrecision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, MaximumPrecision);
        Precision = precision;
        _registers = new byte[1 << precision];
    }

    /// <summary>Bits of the hash that choose the register.</summary>
    public int Precision { get; }

    /// <summary>Standard deviation of the estimate as a share of the true count: 1.04 / sqrt(2^Precision), 0.01625 at 12.</summary>
    /// <remarks>A limit for large counts: few values per register do better, and 4 bits are 5 % worse.</remarks>
    public double RelativeStandardError => 1.04 / Math.Sqrt(_registers.Length);

    /// <summary>Adds one number; O(1), allocates nothing.</summary>
    public void Add(ulong value) => AddHash(StableHash.Of(value));

    /// <inheritdoc cref="Add(ulong)"/>
    public void Add(long value) => AddHash(StableHash.Of((ulong)value));

    /// <inheritdoc cref="Add(ulong)"/>
    public void Add(double value) => AddHash(StableHash.Of(value));

    /// <summary>Adds all numbers.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
            AddHash(StableHash.Of(value));
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{double})"/>
    /// <remarks>A float counts as the double of the same value.</remarks>
    public void Add(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            AddHash(StableHash.Of(value));
    }

    /// <summary>Adds one text, compared by its UTF-8 bytes; allocates nothing.</summary>
    public void Add(ReadOnlySpan<char> text) => AddHash(StableHash.Of(text));

    /// <inheritdoc cref="Add(ReadOnlySpan{char})"/>
    public void Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        AddHash(StableHash.Of(text.AsSpan()));
    }

    /// <summary>Adds everything that <paramref name="other"/> has seen; the result equals one counter of both, bit for bit.</summary>
    /// <exception cref="ArgumentException">The precisions differ.</exception>
    public void Merge(HyperLogLog other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Precision != Precision)
            throw new ArgumentException($"Only counters of equal precision merge; this one has {Precision} bits, the other {other.Precision}.", nameof(other));
        ReadOnlySpan<byte> from = other._registers;
        Span<byte> into = _registers;
        int i = 0;
        for (; i <= into.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            Vector.Max(new Vector<byte>(into[i..]), new Vector<byte>(from[i..])).CopyTo(into[i..]);
        for (; i < into.Length; i++)
            into[i] = byte.Max(into[i], from[i]);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => Array.Clear(_registers);

    /// <summary>
    /// The estimated number of distinct values; 0 when empty. O(2^Precision).
    /// </summary>
    /// <remarks>
    /// Ertl's (2017) improved raw estimator, m^2 / (2 ln 2 Z) with Z = m sigma(C0 / m) + sum Ck 2^-k + m tau(1 - Cq+1 / m) 2^-q, which
    /// needs no tables and no change of method between small and large counts. Being a reciprocal it is too large by its relative
    /// variance, (3 ln 2 - 1) / m where every register is used; that is divided out in proportion to the used registers. The
    /// bias left is below 0.5 / m of the count by simulation from 4 to 18 bits.
    /// </remarks>
    public double Estimate()
    {
        int longest = HashBits - Precision;
        Span<int> counts = stackalloc int[HashBits];
        counts.Clear();
        foreach (byte register in _registers)
            counts[register]++;
        double m = _registers.Length;
        if (counts[0] == _registers.Length)
            return 0;
        double z = m * Tau(1 - (counts[longest + 1] / m));
        for (int k = longest; k >= 1; k--)
            z = 0.5 * (z + counts[k]);
        z += m * Sigma(counts[0] / m);
        double raw = m * m / (2 * Math.Log(2) * z);
        double used = 1 - (counts[0] / m);

        // Only a counter whose every register is full has no finite estimate; there are no more than 2^64 hashes.
        return double.Min(raw / (1 + (VarianceConstant / m * used)), Math.ScaleB(1, HashBits));
    }

    /// <summary>Version 1 of the binary form: header, then one byte per register.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[HeaderBytes + _registers.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        bytes[4] = FormatVersion;
        bytes[5] = (byte)Precision;
        _registers.CopyTo(bytes, HeaderBytes);
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no counter, of an unknown version, cut short, or inconsistent.</exception>
    public static HyperLogLog FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw new FormatException($"The {bytes.Length} bytes do not start as a distinct counter.");
        if (bytes[4] != FormatVersion)
            throw new FormatException($"The counter has format version {bytes[4]}; this library reads version {FormatVersion}.");
        int precision = bytes[5];
        if (precision is < MinimumPrecision or > MaximumPrecision || bytes[6] != 0 || bytes[7] != 0)
            throw new FormatException($"The counter names {precision} bits of precision and reserved bytes {bytes[6]}, {bytes[7]}; {MinimumPrecision} to {MaximumPrecision} and zeros are possible.");
        ReadOnlySpan<byte> registers = bytes[HeaderBytes..];
        if (registers.Length != 1 << precision)
            throw new FormatException($"The counter of {precision} bits needs {1 << precision} registers; {registers.Length} were given.");
        if (registers.ContainsAnyExceptInRange((byte)0, (byte)(HashBits - precision + 1)))
            throw new FormatException($"The counter of {precision} bits holds a register above {HashBits - precision + 1}, which is not possible.");
        HyperLogLog counter = new(precision);
        registers.CopyTo(counter._registers);
        return counter;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddHash(ulong hash)
    {
        // The bit set below the hash's own ends the run where the hash ends; the index has Precision bits, so it is in range.
        ulong rest = (hash << Precision) | (1ul << (Precision - 1));
        byte run = (byte)(BitOperations.LeadingZeroCount(rest) + 1);
        ref byte register = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_registers), (nint)(hash >> (HashBits - Precision)));
        if (register < run)
            register = run;
    }

    /// <summary>x + sum x^(2^k) 2^(k-1): what the empty registers hide.</summary>
    private static double Sigma(double x)
    {
        double y = 1, z = x, before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (z != before);
        return z;
    }

    /// <summary>(1 - x - sum (1 - x^(2^-k))^2 2^-k) / 3: what the full registers hide.</summary>
    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double y = 1, z = 1 - x, before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (z != before);
        return z / 3;
    }
}
