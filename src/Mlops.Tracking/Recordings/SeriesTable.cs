namespace Mlops.Tracking;

/// <summary>All series of a recording, of which there is a bounded number.</summary>
internal sealed class SeriesTable(int maximumSeries, Action onFirstSkip)
{
    // The same tags in another order are found apart, but are one series.
    private const int OrdersPerSeries = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Identity, RecordedSeries Series)> _byKey = new(StringComparer.Ordinal);
    private readonly List<RecordedSeries> _all = [];
    private int _found;
    private long _skipped;

    /// <summary>Measurements of series that were too many.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>The series of the tags in any order; null when it would be one too many.</summary>
    public RecordedSeries? FindOrAdd(string instrument, SeriesKind kind, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            if (_found < maximumSeries * OrdersPerSeries && FindOrAddCore(instrument, kind, tags) is { } series)
            {
                _found++;
                return series;
            }
        }

        if (Interlocked.Increment(ref _skipped) == 1)
        {
            onFirstSkip();
        }

        return null;
    }

    public RecordedSeries[] ToArray()
    {
        lock (_gate)
        {
            return [.. _all];
        }
    }

    private RecordedSeries? FindOrAddCore(string instrument, SeriesKind kind, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string identity = IdentityOf(instrument, tags);
        string key = SeriesKey.Of(instrument, tags);
        if (_byKey.TryGetValue(key, out (string Identity, RecordedSeries Series) known) && known.Identity != identity)
        {
            key = SeriesKey.Distinguish(key, tags);
            known = _byKey.GetValueOrDefault(key);
        }

        if (known.Series is not null || _all.Count == maximumSeries)
        {
            return known.Series;
        }

        var series = new RecordedSeries(kind, key);
        _all.Add(series);
        _byKey.Add(key, (identity, series));
        return series;
    }

    private static string IdentityOf(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string[] pairs = new string[tags.Length];
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{tags[i].Key}\0{tags[i].Value}");
        }

        Array.Sort(pairs, StringComparer.Ordinal);
        return $"{instrument}\0{string.Join('\0', pairs)}";
    }
}
