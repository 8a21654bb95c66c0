namespace Mlops.Drift;

/// <summary>Keys with a value and the time they came, oldest first, in bounded memory. What it holds depends only on the calls made. Not thread-safe.</summary>
internal sealed class BoundedMap<TValue>(int capacity)
    where TValue : struct
{
    private const int Slack = 1_024;

    private readonly Dictionary<UInt128, Item> _items = [];
    private readonly Queue<(UInt128 Key, long Number)> _order = new();
    private long _next;

    public int Count => _items.Count;

    public bool IsFull => _items.Count >= capacity;

    public bool TryGet(UInt128 key, out TValue value)
    {
        bool found = _items.TryGetValue(key, out Item item);
        value = item.Value;
        return found;
    }

    public bool Contains(UInt128 key) => _items.ContainsKey(key);

    /// <summary>Adds a key that is not there yet, if there is room.</summary>
    public void Add(UInt128 key, TValue value, long ticks)
    {
        if (IsFull || !_items.TryAdd(key, new Item(value, ticks, _next)))
            return;
        _order.Enqueue((key, _next++));

        // Removed keys stay in the order until it is twice as long as it must be.
        if (_order.Count > (2 * _items.Count) + Slack)
            Compact();
    }

    public bool Remove(UInt128 key, out TValue value)
    {
        bool found = _items.Remove(key, out Item item);
        value = item.Value;
        return found;
    }

    /// <summary>Takes the oldest item out, provided that it came before <paramref name="beforeTicks"/>.</summary>
    public bool TryTakeOldest(long beforeTicks, out UInt128 key)
    {
        while (_order.TryPeek(out (UInt128 Key, long Number) oldest))
        {
            bool isLive = IsLive(oldest, out Item item);
            if (isLive && item.Ticks >= beforeTicks)
                break;
            _order.Dequeue();
            if (!isLive)
                continue;
            key = oldest.Key;
            return _items.Remove(key);
        }

        key = default;
        return false;
    }

    public void RemoveWhere(Func<UInt128, bool> condition)
    {
        foreach (UInt128 key in _items.Keys.Where(condition).ToArray())
            _items.Remove(key);
        Compact();
    }

    public void Change(Func<TValue, TValue> change)
    {
        foreach (UInt128 key in _items.Keys.ToArray())
            _items[key] = _items[key] with { Value = change(_items[key].Value) };
    }

    /// <summary>Gives a time to what came when there was none.</summary>
    public void Date(long ticks)
    {
        foreach (UInt128 key in _items.Keys.ToArray())
        {
            if (_items[key].Ticks == RowFacts.NoTime)
                _items[key] = _items[key] with { Ticks = ticks };
        }
    }

    public void Clear()
    {
        _items.Clear();
        _order.Clear();
    }

    /// <summary>The items in the order they came.</summary>
    public IEnumerable<(UInt128 Key, TValue Value, long Ticks)> InOrder()
    {
        Compact();
        foreach ((UInt128 key, long _) in _order)
            yield return (key, _items[key].Value, _items[key].Ticks);
    }

    private void Compact()
    {
        for (int i = _order.Count; i > 0; i--)
        {
            (UInt128 Key, long Number) entry = _order.Dequeue();
            if (IsLive(entry, out _))
                _order.Enqueue(entry);
        }
    }

    private bool IsLive((UInt128 Key, long Number) entry, out Item item) =>
        _items.TryGetValue(entry.Key, out item) && item.Number == entry.Number;

    private readonly record struct Item(TValue Value, long Ticks, long Number);
}
