using System.Numerics;

namespace Mlops.Tracking;

/// <summary>
/// The series of one instrument by their tags as they were given: a chained hash table that is read without a lock and only grows.
/// </summary>
internal sealed class RecordedInstrument
{
    private const int MostBuckets = 1_024;

    private readonly SeriesTable _table;
    private readonly string _name;
    private readonly SeriesKind _kind;
    private readonly Entry?[] _buckets;

    public RecordedInstrument(SeriesTable table, string name, SeriesKind kind, int maximumSeries)
    {
        _table = table;
        _name = name;
        _kind = kind;
        _buckets = new Entry?[BitOperations.RoundUpToPowerOf2((uint)Math.Min(maximumSeries, MostBuckets))];
    }

    public void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        int hash = HashOf(tags);
        ref Entry? bucket = ref _buckets[hash & (_buckets.Length - 1)];
        for (Entry? entry = Volatile.Read(ref bucket); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && AreEqual(entry.Tags, tags))
            {
                entry.Series.Measure(value);
                return;
            }
        }

        // Two threads may both add the same tags: the table gives both the same series.
        if (_table.FindOrAdd(_name, _kind, tags) is { } series)
        {
            Entry? first = Volatile.Read(ref bucket);
            Entry? seen;
            do
            {
                seen = first;
                first = Interlocked.CompareExchange(ref bucket, new Entry(hash, tags.ToArray(), series, seen), seen);
            }
            while (!ReferenceEquals(first, seen));
            series.Measure(value);
        }
    }

    private static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = default(HashCode);
        foreach (ref readonly KeyValuePair<string, object?> tag in tags)
        {
            hash.Add(tag.Key);
            hash.Add(tag.Value);
        }

        return hash.ToHashCode();
    }

    private static bool AreEqual(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }

        for (int i = 0; i < known.Length; i++)
        {
            if (known[i].Key != tags[i].Key || !Equals(known[i].Value, tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Entry(int Hash, KeyValuePair<string, object?>[] Tags, RecordedSeries Series, Entry? Next);
}
