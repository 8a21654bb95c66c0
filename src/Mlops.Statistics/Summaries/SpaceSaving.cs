using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>
/// Finds the most frequent keys of a stream with <see cref="Capacity"/> counters (SpaceSaving, Metwally, Agrawal and El Abbadi
/// 2005). With n keys seen and k counters, every key that came more than n / k times is held, and no count is wrong by more
/// than n / k. Not thread-safe.
/// </summary>
/// <remarks>
/// A key without a counter takes over the smallest one and inherits its count as its error, so true count &lt;= count and
/// count - error &lt;= true count. The bounds are certain, not probable, and hold after any merges (Agarwal, Cormode, Huang, Phillips, Wei and
/// Yi 2012; Cafaro, Pulimeno and Tempesta 2016). Counters form a heap: an update is O(log k) and, but for the growth to k counters, allocates
/// nothing. Texts compare ordinally.
/// </remarks>
/// <typeparam name="TKey">String or long; no other type has a binary form.</typeparam>
public sealed class SpaceSaving<TKey>
    where TKey : notnull, IEquatable<TKey>
{
    private const uint Magic = 0x4D53_5053;
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 24;
    private const int MaximumCapacity = 1 << 20;

    private readonly Dictionary<TKey, int> _slots;

    // A slot stays with its counter; the heap moves slots, so that a move costs no hashing.
    private Counter[] _counters = new Counter[4];
    private int[] _heap = new int[4];
    private long _count;

    /// <summary>An empty summary.</summary>
    /// <param name="capacity">Counters k, 1 to 1 048 576; the error is at most n / k.</param>
    /// <exception cref="NotSupportedException"><typeparamref name="TKey"/> is neither string nor long.</exception>
    public SpaceSaving(int capacity = 256)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaximumCapacity);
        if (typeof(TKey) != typeof(string) && typeof(TKey) != typeof(long))
            throw new NotSupportedException($"Keys are strings or longs; {typeof(TKey)} has no binary form.");
        Capacity = capacity;
        _slots = [];
    }

    /// <summary>Counters, k.</summary>
    public int Capacity { get; }

    /// <summary>Keys held, at most <see cref="Capacity"/>.</summary>
    public int KeyCount => _slots.Count;

    /// <summary>Sum of all weights added, n.</summary>
    public long Count => _count;

    /// <summary>
    /// No count is wrong by more, and no key that is not held came more often: the smallest count, at most n / k; 0 while
    /// there were no more than <see cref="Capacity"/> keys.
    /// </summary>
    public long MaximumError => KeyCount < Capacity ? 0 : _counters[_heap[0]].Count;

    private static byte KeyKind => typeof(TKey) == typeof(string) ? (byte)2 : (byte)1;

    /// <summary>Adds a key; O(log k).</summary>
    /// <param name="key">The key.</param>
    /// <param name="weight">How often it came, at least 1.</param>
    /// <exception cref="OverflowException">The sum of all weights exceeds 2^63 - 1; nothing was added.</exception>
    public void Add(TKey key, long weight = 1)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        long count = checked(_count + weight);
        if (_slots.TryGetValue(key, out int slot))
        {
            _counters[slot].Count += weight;
            SiftDown(_counters[slot].Position);
        }
        else if (_slots.Count < Capacity)
        {
            Append(key, weight, 0);
            SiftUp(_slots.Count - 1);
        }
        else
        {
            ref Counter smallest = ref _counters[_heap[0]];
            _slots.Remove(smallest.Key);
            _slots.Add(key, _heap[0]);
            smallest.Key = key;
            smallest.Error = smallest.Count;
            smallest.Count += weight;
            SiftDown(0);
        }

        _count = count;
    }

    /// <summary>Bounds on how often <paramref name="key"/> came, whether it is held or not.</summary>
    public (long Lower, long Upper) Bounds(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!_slots.TryGetValue(key, out int slot))
            return (0, MaximumError);
        Counter counter = _counters[slot];
        return (counter.Count - counter.Error, counter.Count);
    }

    /// <summary>The held keys of the largest counts, in descending order; ties in ascending order of keys.</summary>
    /// <param name="count">At most so many.</param>
    public HeavyHitter<TKey>[] Top(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        HeavyHitter<TKey>[] hitters = new HeavyHitter<TKey>[_slots.Count];
        for (int i = 0; i < hitters.Length; i++)
            hitters[i] = new(_counters[i].Key, _counters[i].Count, _counters[i].Error);
        Array.Sort(hitters, Descending);
        return hitters.AsSpan(0, int.Min(count, hitters.Length)).ToArray();
    }

    /// <summary>
    /// Adds everything that <paramref name="other"/> has seen; O(k log k). The bounds hold for both streams together, with n the sum of
    /// both; which keys of small counts are kept depends on the order of merges.
    /// </summary>
    /// <exception cref="ArgumentException">The capacities differ.</exception>
    /// <exception cref="OverflowException">The sum of all weights exceeds 2^63 - 1; nothing was added.</exception>
    public void Merge(SpaceSaving<TKey> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Capacity != Capacity)
            throw new ArgumentException($"Only summaries of equal capacity merge; this one has {Capacity} counters, the other {other.Capacity}.", nameof(other));
        long count = checked(_count + other._count);

        // A key that one side does not hold came there at most as often as its smallest count says.
        List<HeavyHitter<TKey>> union = new(_slots.Count + other._slots.Count);
        Collect(union, other, include: true);
        other.Collect(union, this, include: false);
        union.Sort(Descending);
        _slots.Clear();
        int kept = int.Min(union.Count, Capacity);

        // Ascending counts are a heap already.
        for (int i = kept - 1; i >= 0; i--)
            Append(union[i].Key, union[i].Count, union[i].Error);
        Array.Clear(_counters, kept, _counters.Length - kept);
        _count = count;
    }

    /// <summary>Version 1 of the binary form: header, capacity, keys held, n, then each counter in the order of the heap; little-endian, texts as UTF-16.</summary>
    public byte[] ToBytes()
    {
        ArrayBufferWriter<byte> buffer = new(HeaderBytes + (_slots.Count * 32));
        Span<byte> header = buffer.GetSpan(HeaderBytes)[..HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = FormatVersion;
        header[5] = KeyKind;
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Capacity);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], _slots.Count);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], _count);
        buffer.Advance(HeaderBytes);
        for (int i = 0; i < _slots.Count; i++)
        {
            Counter counter = _counters[_heap[i]];
            Write(buffer, counter.Count);
            Write(buffer, counter.Error);
            WriteKey(buffer, counter.Key);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no such summary, of an unknown version or other keys, cut short, or inconsistent.</exception>
    public static SpaceSaving<TKey> FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw new FormatException($"The {bytes.Length} bytes do not start as a summary of frequent keys.");
        if (bytes[4] != FormatVersion)
            throw new FormatException($"The summary has format version {bytes[4]}; this library reads version {FormatVersion}.");
        if (bytes[5] != KeyKind || bytes[6] != 0 || bytes[7] != 0)
            throw new FormatException($"The summary holds keys of kind {bytes[5]} (1 long, 2 string), not of {typeof(TKey).Name} ({KeyKind}), or reserved bytes that are not 0.");
        int capacity = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), keys = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (capacity is < 1 or > MaximumCapacity || keys < 0 || keys > capacity)
            throw new FormatException($"The summary names {keys} keys in {capacity} counters, which is not possible.");
        SpaceSaving<TKey> summary = new(capacity);
        ReadOnlySpan<byte> at = bytes[HeaderBytes..];
        for (int i = 0; i < keys; i++)
        {
            long count = ReadInt64(ref at), error = ReadInt64(ref at);
            TKey key = ReadKey(ref at);
            if (error < 0 || count <= error || (keys < capacity && error != 0) || summary._slots.ContainsKey(key))
                throw new FormatException($"Counter {i} of the summary holds the count {count} with error {error}, or a key that another one holds; that is not possible.");
            summary.Append(key, count, error);
            if (i > 0 && summary._counters[(i - 1) / 2].Count > count)
                throw new FormatException($"Counter {i} of the summary is smaller than counter {(i - 1) / 2}, above it in the heap.");
        }

        if (!at.IsEmpty)
            throw new FormatException($"The summary has {at.Length} bytes too many.");
        summary._count = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        summary.EnsureSum();
        return summary;
    }

    private static int Descending(HeavyHitter<TKey> x, HeavyHitter<TKey> y)
    {
        int byCount = y.Count.CompareTo(x.Count);
        if (byCount != 0)
            return byCount;
        return x.Key is string text ? string.CompareOrdinal(text, (string)(object)y.Key) : Comparer<TKey>.Default.Compare(x.Key, y.Key);
    }

    private static void Write(ArrayBufferWriter<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
    }

    /// <summary>UTF-16 keeps halves of surrogate pairs apart, which are keys like any other.</summary>
    private static void WriteKey(ArrayBufferWriter<byte> buffer, TKey key)
    {
        if (key is not string text)
        {
            Write(buffer, Unsafe.BitCast<TKey, long>(key));
            return;
        }

        Span<byte> target = buffer.GetSpan(sizeof(int) + (text.Length * sizeof(char)));
        BinaryPrimitives.WriteInt32LittleEndian(target, text.Length);
        for (int i = 0; i < text.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(target[(sizeof(int) + (i * sizeof(char)))..], text[i]);
        buffer.Advance(sizeof(int) + (text.Length * sizeof(char)));
    }

    private static long ReadInt64(ref ReadOnlySpan<byte> at)
    {
        if (at.Length < sizeof(long))
            throw new FormatException("The summary is cut short.");
        long value = BinaryPrimitives.ReadInt64LittleEndian(at);
        at = at[sizeof(long)..];
        return value;
    }

    private static TKey ReadKey(ref ReadOnlySpan<byte> at)
    {
        if (typeof(TKey) != typeof(string))
            return Unsafe.BitCast<long, TKey>(ReadInt64(ref at));
        int length = at.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(at);
        if (length < 0 || length > (at.Length - sizeof(int)) / sizeof(char))
            throw new FormatException($"The summary is cut short, or names a key of {length} characters.");
        char[] text = new char[length];
        for (int i = 0; i < length; i++)
            text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(at[(sizeof(int) + (i * sizeof(char)))..]);
        at = at[(sizeof(int) + (length * sizeof(char)))..];
        return (TKey)(object)new string(text);
    }

    /// <summary>The counts sum to n where nothing was dropped, and never to more.</summary>
    private void EnsureSum()
    {
        UInt128 sum = 0;
        for (int i = 0; i < _slots.Count; i++)
            sum += (UInt128)_counters[i].Count;
        if (_count < 0 || sum > (UInt128)_count || (_slots.Count < Capacity && sum != (UInt128)_count))
            throw new FormatException($"The counters of the summary sum to {sum}, its header says {_count}.");
    }

    /// <summary>Every key of this summary with its count in both; keys that both hold only when <paramref name="include"/>.</summary>
    private void Collect(List<HeavyHitter<TKey>> into, SpaceSaving<TKey> other, bool include)
    {
        long absent = other.MaximumError;
        for (int i = 0; i < _slots.Count; i++)
        {
            Counter mine = _counters[i];
            if (!other._slots.TryGetValue(mine.Key, out int slot))
                into.Add(new(mine.Key, mine.Count + absent, mine.Error + absent));
            else if (include)
                into.Add(new(mine.Key, mine.Count + other._counters[slot].Count, mine.Error + other._counters[slot].Error));
        }
    }

    /// <summary>Takes the next slot and puts it at the end of the heap.</summary>
    private void Append(TKey key, long count, long error)
    {
        int slot = _slots.Count;
        if (slot == _heap.Length)
        {
            int length = int.Min(Capacity, 2 * slot);
            Array.Resize(ref _counters, length);
            Array.Resize(ref _heap, length);
        }

        _slots.Add(key, slot);
        _counters[slot] = new Counter { Key = key, Count = count, Error = error, Position = slot };
        _heap[slot] = slot;
    }

    private void SiftUp(int position)
    {
        int slot = _heap[position];
        while (position > 0)
        {
            int parent = (position - 1) / 2;
            if (_counters[_heap[parent]].Count <= _counters[slot].Count)
                break;
            Put(_heap[parent], position);
            position = parent;
        }

        Put(slot, position);
    }

    private void SiftDown(int position)
    {
        int slot = _heap[position], size = _slots.Count;
        long count = _counters[slot].Count;
        for (int child; (child = (2 * position) + 1) < size; position = child)
        {
            if (child + 1 < size && _counters[_heap[child + 1]].Count < _counters[_heap[child]].Count)
                child++;
            if (count <= _counters[_heap[child]].Count)
                break;
            Put(_heap[child], position);
        }

        Put(slot, position);
    }

    private void Put(int slot, int position)
    {
        _heap[position] = slot;
        _counters[slot].Position = position;
    }

    private struct Counter
    {
        public TKey Key;
        public long Count;
        public long Error;
        public int Position;
    }
}
