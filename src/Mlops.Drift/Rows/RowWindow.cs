namespace Mlops.Drift;

/// <summary>
/// The rows of one window by column, in bounded memory that grows with use. Depends only on the rows added and their order,
/// so that a restored window goes on bit for bit. Not thread-safe.
/// </summary>
internal sealed class RowWindow
{
    private const int FirstAllocation = 64;

    private readonly DriftSchema _schema;
    private readonly WindowKeeping _keeping;
    private readonly CategoryTable[] _tables;
    private readonly double[][] _numbers;
    private readonly int[][] _codes;
    private long[] _ticks = [];
    private long[] _sequence = [];
    private int _start;
    private int _thinning;
    private long _tablesSince;

    public RowWindow(DriftSchema schema, int capacity, WindowKeeping keeping, int maximumCategories)
    {
        _schema = schema;
        Capacity = capacity;
        _keeping = keeping;
        _numbers = new double[schema.NumericCount][];
        _codes = new int[schema.CategoricalCount][];
        _tables = new CategoryTable[schema.CategoricalCount];
        Array.Fill(_numbers, []);
        Array.Fill(_codes, []);
        for (int i = 0; i < _tables.Length; i++)
            _tables[i] = new CategoryTable(maximumCategories);
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Rows offered since the window began.</summary>
    public long Seen { get; private set; }

    private int Allocated => _ticks.Length;

    public void Add(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, long ticks)
    {
        long number = Seen++;
        if (_keeping == WindowKeeping.Thinned)
        {
            if (!IsKept(number))
                return;
            while (Count == Capacity)
            {
                _thinning++;
                Thin();
                if (!IsKept(number))
                    return;
            }
        }

        int slot = TakeSlot();
        for (int i = 0; i < _numbers.Length; i++)
            _numbers[i][slot] = numbers[i];
        for (int i = 0; i < _codes.Length; i++)
            _codes[i][slot] = Encode(i, texts[i]);
        _ticks[slot] = ticks;
        _sequence[slot] = number;
    }

    /// <summary>Copies the rows at or after <paramref name="sinceTicks"/>.</summary>
    public RowSet Snapshot(long sinceTicks = long.MinValue)
    {
        int[] slots = new int[Count];
        int count = 0;
        for (int i = 0; i < Count; i++)
        {
            int slot = SlotOf(i);
            if (_ticks[slot] >= sinceTicks)
                slots[count++] = slot;
        }

        ReadOnlySpan<int> chosen = slots.AsSpan(0, count);
        return new RowSet
        {
            Schema = _schema,
            Count = chosen.Length,
            Seen = _keeping == WindowKeeping.Thinned ? Seen : chosen.Length,
            Numbers = Array.ConvertAll(_numbers, Gatherer<double>(chosen)),
            Codes = Array.ConvertAll(_codes, Gatherer<int>(chosen)),
            Categories = Array.ConvertAll(_tables, static table => table.ToArray()),
            Ticks = Gatherer<long>(chosen)(_ticks),
        };
    }

    public void Clear()
    {
        Count = 0;
        Seen = 0;
        _start = 0;
        _thinning = 0;
        _tablesSince = 0;
        foreach (CategoryTable table in _tables)
            table.Clear();
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Seen);
        writer.Write(_thinning);
        writer.Write(_tablesSince);
        writer.Write(Count);
        for (int i = 0; i < Count; i++)
            writer.Write(_ticks[SlotOf(i)]);
        for (int i = 0; i < Count; i++)
            writer.Write(_sequence[SlotOf(i)]);
        foreach (double[] column in _numbers)
        {
            for (int i = 0; i < Count; i++)
                writer.Write(column[SlotOf(i)]);
        }

        for (int c = 0; c < _codes.Length; c++)
        {
            writer.Write(_tables[c].ToArray());
            for (int i = 0; i < Count; i++)
                writer.Write(_codes[c][SlotOf(i)]);
        }
    }

    /// <summary>Replaces the content by what <see cref="Write"/> wrote; a smaller window keeps the latest rows.</summary>
    public void Read(ref ByteReader reader)
    {
        Clear();
        Seen = reader.ReadInt64();
        _thinning = reader.ReadInt32();
        _tablesSince = reader.ReadInt64();
        int stored = reader.ReadCount(2 * sizeof(long));
        long[] ticks = reader.ReadInt64s(stored);
        long[] sequence = reader.ReadInt64s(stored);
        int skip = Math.Max(0, stored - Capacity);
        Count = stored - skip;
        Allocate(Math.Max(Math.Min(Capacity, FirstAllocation), Count));
        Array.Copy(ticks, skip, _ticks, 0, Count);
        Array.Copy(sequence, skip, _sequence, 0, Count);
        foreach (double[] column in _numbers)
            Array.Copy(reader.ReadDoubles(stored), skip, column, 0, Count);
        for (int c = 0; c < _codes.Length; c++)
        {
            // The table may have become smaller, so a stored code need not be the one its name has now.
            int[] now = Array.ConvertAll(reader.ReadStrings(), _tables[c].Encode), codes = reader.ReadInt32s(stored);
            for (int i = 0; i < Count; i++)
            {
                int code = codes[skip + i];
                if (code < CategoryTable.Overflow || code >= now.Length)
                    throw new DriftFormatException($"The stored window names category {code} of a column with {now.Length}.");
                _codes[c][i] = code < 0 ? code : now[code];
            }
        }
    }

    private static Converter<TItem[], TItem[]> Gatherer<TItem>(ReadOnlySpan<int> slots)
    {
        int[] kept = slots.ToArray();
        return column =>
        {
            TItem[] gathered = new TItem[kept.Length];
            for (int i = 0; i < kept.Length; i++)
                gathered[i] = column[kept[i]];
            return gathered;
        };
    }

    private int SlotOf(int index)
    {
        int slot = _start + index;
        return slot >= Allocated ? slot - Allocated : slot;
    }

    private bool IsKept(long number) => _thinning == 0 || Mixer.Mix((ulong)number) >> (64 - _thinning) == 0;

    private int TakeSlot()
    {
        if (Count == Capacity)
        {
            _start = SlotOf(1);
            return SlotOf(Count - 1);
        }

        if (Count == Allocated)
            Allocate(Math.Min(Capacity, Math.Max(FirstAllocation, Allocated * 2)));
        return SlotOf(Count++);
    }

    private void Allocate(int size)
    {
        // Only a full ring grows, and only a window below its capacity: unwrap while copying.
        _ticks = Resize(_ticks, size);
        _sequence = Resize(_sequence, size);
        for (int i = 0; i < _numbers.Length; i++)
            _numbers[i] = Resize(_numbers[i], size);
        for (int i = 0; i < _codes.Length; i++)
            _codes[i] = Resize(_codes[i], size);
        _start = 0;
    }

    private TItem[] Resize<TItem>(TItem[] column, int size)
    {
        TItem[] larger = new TItem[size];
        int tail = Math.Min(column.Length - _start, size);
        Array.Copy(column, _start, larger, 0, tail);
        Array.Copy(column, 0, larger, tail, Math.Min(_start, size - tail));
        return larger;
    }

    private void Thin()
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            int slot = SlotOf(i);
            if (!IsKept(_sequence[slot]))
                continue;
            int target = SlotOf(kept++);
            _ticks[target] = _ticks[slot];
            _sequence[target] = _sequence[slot];
            foreach (double[] column in _numbers)
                column[target] = column[slot];
            foreach (int[] column in _codes)
                column[target] = column[slot];
        }

        Count = kept;
    }

    private int Encode(int column, string? text)
    {
        CategoryTable table = _tables[column];
        int code = table.Encode(text);
        if (code != CategoryTable.Overflow || _keeping != WindowKeeping.Latest || Seen - _tablesSince < Capacity)
            return code;

        // A sliding window outlives its categories. Forget those that left it, at most once per window length.
        _tablesSince = Seen;
        for (int i = 0; i < _tables.Length; i++)
            ForgetUnused(i);
        return table.Encode(text);
    }

    private void ForgetUnused(int column)
    {
        CategoryTable table = _tables[column];
        string[] names = table.ToArray();
        int[] codes = _codes[column];
        table.Clear();
        for (int i = 0; i < Count; i++)
        {
            ref int code = ref codes[SlotOf(i)];
            if (code >= 0)
                code = code < names.Length ? table.Encode(names[code]) : CategoryTable.Overflow;
        }
    }
}
