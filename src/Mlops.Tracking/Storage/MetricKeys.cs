using System.Collections.Concurrent;

namespace Mlops.Tracking;

/// <summary>
/// The numbers of metric names that were used lately. Names fill one half, and what is found in the other moves to it; when it is full, the other is
/// forgotten and they change places. So a name in use stays, and what is forgotten is read again. Thread-safe.
/// </summary>
/// <param name="capacity">The most names to remember, at least 2.</param>
internal sealed class MetricKeys(int capacity)
{
    private readonly Lock _gate = new();
    private volatile ConcurrentDictionary<string, long> _recent = new(StringComparer.Ordinal);
    private volatile ConcurrentDictionary<string, long> _older = new(StringComparer.Ordinal);
    private int _recentNames;

    /// <summary>Names that are remembered.</summary>
    public int Count => _recent.Count + _older.Count;

    public bool TryGet(string name, out long key)
    {
        if (_recent.TryGetValue(name, out key))
        {
            return true;
        }

        if (!_older.TryGetValue(name, out key))
        {
            return false;
        }

        Add(name, key);
        return true;
    }

    public void Add(string name, long key)
    {
        lock (_gate)
        {
            if (!_recent.TryAdd(name, key))
            {
                return;
            }

            if (++_recentNames >= capacity / 2)
            {
                _older = _recent;
                _recent = new(StringComparer.Ordinal);
                _recentNames = 0;
            }
        }
    }
}
