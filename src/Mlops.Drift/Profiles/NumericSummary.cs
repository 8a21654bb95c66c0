using System.Numerics;
using System.Runtime.InteropServices;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>What a part knows of one numeric column.</summary>
internal sealed class NumericSummary(BinEdges edges)
{
    public Histogram Histogram { get; private set; } = new(edges);

    public Moments Moments { get; private set; }

    /// <summary>Missing values; they count neither as NaN nor in the bins.</summary>
    public long Missing { get; private set; }

    /// <summary>Rows whose value is NaN or infinite.</summary>
    public long NotFinite => Histogram.TotalCount - Histogram.FiniteCount;

    public long Total => Histogram.TotalCount + Missing;

    /// <summary>How much serial dependence inflates the variance of shares; 1 for independent rows.</summary>
    public double Inflation { get; set; } = 1;

    /// <summary>The same for the share of missing values.</summary>
    public double MissingInflation { get; set; } = 1;

    /// <summary>Adds a column; the order of calls is part of the moments' bits.</summary>
    public void Add<T>(ReadOnlySpan<T> column)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> present = Present.Of(column);
        Missing += column.Length - present.Length;
        if (typeof(T) == typeof(float))
            AddPresent(MemoryMarshal.Cast<T, float>(present));
        else
            AddPresent(MemoryMarshal.Cast<T, double>(present));
    }

    private void AddPresent(ReadOnlySpan<double> present)
    {
        Histogram.Add(present);
        Moments = Moments.Merge(Mlops.Statistics.Moments.Of(present));
    }

    private void AddPresent(ReadOnlySpan<float> present)
    {
        Histogram.Add(present);
        Moments = Moments.Merge(Mlops.Statistics.Moments.Of(present));
    }

    public void Merge(NumericSummary other)
    {
        Inflation = Dependence.Merge(Inflation, Total, other.Inflation, other.Total);
        MissingInflation = Dependence.Merge(MissingInflation, Total, other.MissingInflation, other.Total);
        Histogram.Merge(other.Histogram);
        Moments = Moments.Merge(other.Moments);
        Missing += other.Missing;
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Missing);
        writer.Write(Inflation);
        writer.Write(MissingInflation);
        writer.Write(Histogram.NaNCount);
        writer.Write(Histogram.PositiveInfinityCount);
        writer.Write(Histogram.NegativeInfinityCount);
        writer.Write(Histogram.Counts);
        MomentsState state = Moments.ToState();
        writer.Write([state.Count, state.NaNCount, state.PositiveInfinityCount, state.NegativeInfinityCount]);
        writer.Write([state.Min, state.Max, state.Pivot, state.Offset, state.M2, state.M3, state.M4]);
    }

    public static NumericSummary Read(ref ByteReader reader, BinEdges edges)
    {
        long missing = reader.ReadInt64();
        double inflation = reader.ReadDouble(), ofMissing = reader.ReadDouble();
        long[] special = [reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()];
        long[] counts = reader.ReadInt64s();
        long[] states = reader.ReadInt64s();
        double[] values = reader.ReadDoubles();
        if (missing < 0 || !(inflation >= 1 && ofMissing >= 1) || counts.Length != edges.BinCount || Array.Exists([.. special, .. counts, .. states], static c => c < 0) || states.Length != 4 || values.Length != 7)
            throw new DriftFormatException("Reading a profile: the numbers of a numeric column contradict each other. It is damaged.");
        return new NumericSummary(edges)
        {
            Missing = missing,
            Inflation = inflation,
            MissingInflation = ofMissing,
            Histogram = HistogramOf(edges, special, counts),
            Moments = Mlops.Statistics.Moments.FromState(new MomentsState(
                states[0], states[1], states[2], states[3], values[0], values[1], values[2], values[3], values[4], values[5], values[6])),
        };
    }

    private static Histogram HistogramOf(BinEdges edges, long[] special, long[] counts)
    {
        // The histogram's own format is the only door to its counts.
        byte[] bytes = new Histogram(edges).ToBytes();
        Span<byte> tail = bytes.AsSpan(bytes.Length - ((3 + counts.Length) * sizeof(long)));
        foreach (long count in (ReadOnlySpan<long>)[.. special, .. counts])
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(tail, count);
            tail = tail[sizeof(long)..];
        }

        return Histogram.FromBytes(bytes);
    }
}
