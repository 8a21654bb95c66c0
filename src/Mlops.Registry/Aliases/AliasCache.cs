using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Mlops.Registry;

/// <summary>
/// What aliases pointed to when they were last read, for as long as a poll may take to notice a change. Emptied as a whole by every change
/// that is made or noticed here: changes are rare, and nothing can be forgotten that way. Thread-safe.
/// </summary>
internal sealed class AliasCache(TimeSpan lifetime, TimeProvider time)
{
    private const int Capacity = 1_024;

    private readonly ConcurrentDictionary<(string Model, string Alias), Entry> _entries = new();
    private long _generation;

    /// <summary>Taken before the database is read, so that what was read before a change is not kept after it.</summary>
    public Reading Begin() => new(Volatile.Read(ref _generation), time.GetTimestamp());

    public bool TryGet(string model, string alias, [NotNullWhen(true)] out ModelVersion? version, out AliasPosition position)
    {
        if (_entries.TryGetValue((model, alias), out Entry? entry)
            && entry.Reading.Generation == Volatile.Read(ref _generation)
            && time.GetElapsedTime(entry.Reading.Timestamp) < lifetime)
        {
            (version, position) = (entry.Version, entry.Position);
            return true;
        }

        (version, position) = (null, default);
        return false;
    }

    public void Add(Reading reading, ModelVersion version, string alias, AliasPosition position)
    {
        if (_entries.Count >= Capacity)
        {
            _entries.Clear();
        }

        _entries[(version.Model, alias)] = new Entry(reading, version, position);
    }

    public void Clear()
    {
        Interlocked.Increment(ref _generation);
        _entries.Clear();
    }

    internal readonly record struct Reading(long Generation, long Timestamp);

    private sealed record Entry(Reading Reading, ModelVersion Version, AliasPosition Position);
}
