using System.Buffers.Binary;

namespace Mlops.Statistics;

/// <summary>
/// Counts per bin over frozen edges, with NaN and both infinities counted apart. Counts are exact integers, so merging
/// the histograms of parts equals the histogram of the whole, whatever the order. Not thread-safe.
/// </summary>
public sealed class Histogram
{
    private const uint Magic = 0x4D48_5342; // "BSHM"
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 8;
    private const int SmallestBatch = 1_024;

    private readonly long[] _counts;
    private SpecialCounts _special;

    /// <summary>An empty histogram over <paramref name="edges"/>.</summary>
    public Histogram(BinEdges edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        Edges = edges;
        _counts = new long[edges.BinCount];
    }

    /// <summary>The frozen edges.</summary>
    public BinEdges Edges { get; }

    /// <summary>Finite values per bin, as many as <see cref="BinEdges.BinCount"/>. A view: it changes with <c>Add</c>.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Number of NaN seen.</summary>
    public long NaNCount => _special.NaN;

    /// <summary>Number of +Infinity seen.</summary>
    public long PositiveInfinityCount => _special.PositiveInfinity;

    /// <summary>Number of -Infinity seen.</summary>
    public long NegativeInfinityCount => _special.NegativeInfinity;

    /// <summary>Finite values seen, the sum of <see cref="Counts"/>.</summary>
    public long FiniteCount
    {
        get
        {
            long sum = 0;
            foreach (long count in _counts)
                sum += count;
            return sum;
        }
    }

    /// <summary>All values seen.</summary>
    public long TotalCount => FiniteCount + _special.Total;

    /// <summary>Counts one value.</summary>
    public void Add(double value) => BinCounter.CountOne(value, Edges.Inner, _counts, ref _special);

    /// <summary>Counts all values; in about a nanosecond each, whatever the number of edges, unless these are very uneven.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        if (values.Length >= SmallestBatch && Edges.Inner.Length >= EdgeGrid<double>.SmallestEdges && Edges.Grid is EdgeGrid<double> grid)
            grid.Count(values, Edges.Inner, _counts, ref _special);
        else
            BinCounter.Count(values, Edges.Inner, _counts, ref _special);
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{double})"/>
    /// <remarks>Gives the counts of the same values as doubles.</remarks>
    public void Add(ReadOnlySpan<float> values)
    {
        if (values.Length >= SmallestBatch && Edges.InnerSingle.Length >= EdgeGrid<float>.SmallestEdges && Edges.GridSingle is EdgeGrid<float> grid)
            grid.Count(values, Edges.InnerSingle, _counts, ref _special);
        else
            BinCounter.Count(values, Edges.InnerSingle, _counts, ref _special);
    }

    /// <summary>Adds the counts of <paramref name="other"/>, which must have equal edges.</summary>
    /// <exception cref="ArgumentException">The edges differ.</exception>
    public void Merge(Histogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!Edges.Equals(other.Edges))
        {
            throw new ArgumentException(
                $"Only histograms over equal edges merge; this one has {Edges.BinCount} bins, the other {other.Edges.BinCount}{(Edges.BinCount == other.Edges.BinCount ? " with other edges" : "")}. Build both from one BinEdges.",
                nameof(other));
        }

        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        _special.Add(other._special);
    }

    /// <summary>Sets every count to zero and keeps the edges.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        _special = default;
    }

    /// <summary>Version 1 of the binary form: header, edge count, edges, special counts, counts; little-endian.</summary>
    public byte[] ToBytes()
    {
        ReadOnlySpan<double> edges = Edges.Inner;
        byte[] bytes = new byte[HeaderBytes + sizeof(int) + (edges.Length * sizeof(double)) + ((3 + _counts.Length) * sizeof(long))];
        Span<byte> at = bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(at, Magic);
        at[4] = FormatVersion;
        at = at[HeaderBytes..];
        BinaryPrimitives.WriteInt32LittleEndian(at, edges.Length);
        at = at[sizeof(int)..];
        foreach (double edge in edges)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(at, edge);
            at = at[sizeof(double)..];
        }

        foreach (long count in (ReadOnlySpan<long>)[_special.NaN, _special.PositiveInfinity, _special.NegativeInfinity, .. _counts])
        {
            BinaryPrimitives.WriteInt64LittleEndian(at, count);
            at = at[sizeof(long)..];
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no histogram, of an unknown version, cut short, or inconsistent.</exception>
    public static Histogram FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes + sizeof(int) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw new FormatException($"The {bytes.Length} bytes do not start as a histogram.");
        if (bytes[4] != FormatVersion)
            throw new FormatException($"The histogram has format version {bytes[4]}; this library reads version {FormatVersion}.");
        int edgeCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[HeaderBytes..]);
        long expected = HeaderBytes + sizeof(int) + ((long)edgeCount * sizeof(double)) + ((edgeCount + 4L) * sizeof(long));
        if (edgeCount is < 0 or >= BinEdges.MaximumBins || bytes.Length != expected)
            throw new FormatException($"The histogram names {edgeCount} edges, which needs {expected} bytes; {bytes.Length} were given.");
        ReadOnlySpan<byte> at = bytes[(HeaderBytes + sizeof(int))..];
        double[] edges = new double[edgeCount];
        foreach (ref double edge in edges.AsSpan())
        {
            edge = BinaryPrimitives.ReadDoubleLittleEndian(at);
            at = at[sizeof(double)..];
        }

        Histogram histogram;
        try
        {
            histogram = new Histogram(BinEdges.FromInner(edges));
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"The histogram's edges are not usable: {e.Message}", e);
        }

        long[] counts = new long[edgeCount + 4];
        foreach (ref long count in counts.AsSpan())
        {
            count = BinaryPrimitives.ReadInt64LittleEndian(at);
            at = at[sizeof(long)..];
            if (count < 0)
                throw new FormatException($"The histogram holds the negative count {count}.");
        }

        histogram._special = new SpecialCounts { NaN = counts[0], PositiveInfinity = counts[1], NegativeInfinity = counts[2] };
        counts.AsSpan(3).CopyTo(histogram._counts);
        return histogram;
    }
}
