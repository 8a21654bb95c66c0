namespace Mlops.Serving;

/// <summary>
/// Keys that have been counted, so that each counts once: all keys while there is room, then half of them, a quarter and so on, chosen by their hash, which
/// depends neither on what they did nor on which version answers them. Not thread-safe.
/// </summary>
/// <param name="maximum">Most keys that are kept, at least 2.</param>
internal sealed class KeySample(int maximum)
{
    private readonly HashSet<ulong> _keys = [];
    private int _halvings;

    /// <summary>Keys that were counted and are still in the sample.</summary>
    public int Count => _keys.Count;

    /// <summary>The keys that were counted and are still in the sample, in any order.</summary>
    public IReadOnlyCollection<ulong> Keys => _keys;

    /// <summary>How many times it was halved.</summary>
    public int Halvings => _halvings;

    /// <summary>Of all keys, those that are counted.</summary>
    public double Share => Math.ScaleB(1, -_halvings);

    /// <summary>Takes the number of halvings from a saved sample, before its keys. False when no sample can have been halved so often.</summary>
    public bool TryBeginWith(int halvings)
    {
        if (halvings is < 0 or > 63)
            return false;
        _halvings = halvings;
        return true;
    }

    /// <summary>Whether the key may be counted now.</summary>
    public bool Wants(ulong key) => IsInside(key) && !_keys.Contains(key);

    /// <summary>Counts a key; false when it was counted before or is not in the sample.</summary>
    public bool TryAdd(ulong key)
    {
        if (!IsInside(key) || !_keys.Add(key))
            return false;

        while (_keys.Count > maximum)
        {
            _halvings++;
            _keys.RemoveWhere(other => !IsInside(other));
        }

        return true;
    }

    // Mixed, because the split looks at the highest bits too and both must choose independently.
    private bool IsInside(ulong key) => _halvings == 0 || Split.Mix(key) >> (64 - _halvings) == 0;
}
