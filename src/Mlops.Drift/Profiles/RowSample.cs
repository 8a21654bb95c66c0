namespace Mlops.Drift;

/// <summary>
/// A uniform sample of rows: those whose number hashes lowest, in the order they came. Because the choice depends on the
/// rows alone, the sample of two parts together is found from their samples.
/// </summary>
internal sealed class RowSample
{
    private readonly int _numericCount;
    private readonly int _categoricalCount;

    private RowSample(ulong[] priorities, double[][] numbers, int[][] bins)
    {
        Priorities = priorities;
        Numbers = numbers;
        Bins = bins;
        _numericCount = numbers.Length;
        _categoricalCount = bins.Length;
    }

    public static RowSample Empty(int numericCount, int categoricalCount) => new([], NewColumns<double>(numericCount, 0), NewColumns<int>(categoricalCount, 0));

    public int Count => Priorities.Length;

    public ulong[] Priorities { get; }

    public double[][] Numbers { get; }

    /// <summary>By categorical slot: bins of the frame, -1 for missing.</summary>
    public int[][] Bins { get; }

    /// <summary>The sample of these rows and the others, of at most <paramref name="maximum"/> rows.</summary>
    public RowSample With(ulong[] priorities, double[][] numbers, int[][] bins, int maximum) => Merge([this, new RowSample(priorities, numbers, bins)], maximum);

    /// <summary>The sample of all rows of the samples, in their order: the cost is that of sorting the priorities of all, however many samples there are.</summary>
    public static RowSample Merge(IReadOnlyList<RowSample> samples, int maximum)
    {
        ulong[] all = new ulong[samples.Sum(static sample => sample.Count)];
        int filled = 0;
        foreach (RowSample sample in samples)
        {
            sample.Priorities.CopyTo(all, filled);
            filled += sample.Count;
        }

        bool[] kept = Lowest(all, maximum);
        int count = Math.Min(all.Length, maximum), start = 0, at = 0;
        RowSample merged = new(new ulong[count], NewColumns<double>(samples[0]._numericCount, count), NewColumns<int>(samples[0]._categoricalCount, count));
        foreach (RowSample sample in samples)
        {
            for (int row = 0; row < sample.Count; row++)
            {
                if (kept[start + row])
                    merged.Copy(sample, row, at++);
            }

            start += sample.Count;
        }

        return merged;
    }

    /// <summary>The rows of the <paramref name="count"/> lowest priorities: again a uniform sample.</summary>
    public RowSample Take(int count) => count >= Count ? this : Merge([this], count);

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Count);
        foreach (ulong priority in Priorities)
            writer.Write(unchecked((long)priority));
        foreach (double[] column in Numbers)
        {
            foreach (double value in column)
                writer.Write(value);
        }

        foreach (int[] column in Bins)
        {
            foreach (int bin in column)
                writer.Write(bin);
        }
    }

    public static RowSample Read(ref ByteReader reader, int numericCount, ReadOnlySpan<CategoricalFrame> frames)
    {
        int count = reader.ReadCount(sizeof(long));
        ulong[] priorities = Array.ConvertAll(reader.ReadInt64s(count), static p => unchecked((ulong)p));
        double[][] numbers = new double[numericCount][];
        for (int i = 0; i < numericCount; i++)
            numbers[i] = reader.ReadDoubles(count);
        int[][] bins = new int[frames.Length][];
        for (int i = 0; i < bins.Length; i++)
        {
            int largest = frames[i].Names.Length;
            bins[i] = reader.ReadInt32s(count);
            if (Array.Exists(bins[i], bin => bin < CategoryTable.Missing || bin > largest))
                throw new DriftFormatException("Reading a profile: its sample names categories that it does not hold. It is damaged.");
        }

        return new RowSample(priorities, numbers, bins);
    }

    private void Copy(RowSample from, int row, int to)
    {
        Priorities[to] = from.Priorities[row];
        for (int c = 0; c < _numericCount; c++)
            Numbers[c][to] = from.Numbers[c][row];
        for (int c = 0; c < _categoricalCount; c++)
            Bins[c][to] = from.Bins[c][row];
    }

    private static bool[] Lowest(ulong[] priorities, int maximum)
    {
        bool[] kept = new bool[priorities.Length];
        if (priorities.Length <= maximum)
        {
            Array.Fill(kept, true);
            return kept;
        }

        int[] order = new int[priorities.Length];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort((ulong[])priorities.Clone(), order);
        foreach (int index in order.AsSpan(0, maximum))
            kept[index] = true;
        return kept;
    }

    private static TItem[][] NewColumns<TItem>(int columns, int rows)
    {
        TItem[][] created = new TItem[columns][];
        for (int i = 0; i < columns; i++)
            created[i] = new TItem[rows];
        return created;
    }
}
