using System.Buffers;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>
/// Groups the points of a write by series and encodes them. Names are collected by the threads that log, under the writer's lock;
/// keys and encoding belong to the thread that writes.
/// </summary>
internal sealed class BlockEncoder
{
    private readonly Dictionary<string, int> _seriesByName = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly List<string> _newNames = [];
    private readonly List<long> _keys = [];
    private readonly List<int> _touched = [];
    private readonly MetricBlock.Writer _writer = new();
    private int[] _counts = [];
    private int[] _ends = [];

    /// <summary>The number that a name has here.</summary>
    /// <exception cref="ArgumentException">The name is no key.</exception>
    public int SeriesOf(string key)
    {
        if (!_seriesByName.TryGetValue(key, out int series))
        {
            Names.RequireKey(key, nameof(key));
            series = _names.Count;
            _names.Add(key);
            _newNames.Add(key);
            _seriesByName.Add(key, series);
        }

        return series;
    }

    /// <summary>The name of a number.</summary>
    public string NameOf(int series) => _names[series];

    /// <summary>The names added since the last call, in order.</summary>
    public string[] TakeNewNames()
    {
        string[] names = [.. _newNames];
        _newNames.Clear();
        return names;
    }

    /// <summary>Puts names back whose keys could not be had.</summary>
    public void ReturnNewNames(string[] names) => _newNames.InsertRange(0, names);

    /// <summary>The keys of the names taken, in their order.</summary>
    public void AddKeys(long[] keys) => _keys.AddRange(keys);

    /// <summary>The points, each of them once, as one block, and what they add to each series.</summary>
    public (MetricBlock? Block, SeriesTotals[] Totals) Encode(List<PendingPoint> points)
    {
        if (points.Count == 0)
        {
            return (null, []);
        }

        Sample[] grouped = ArrayPool<Sample>.Shared.Rent(points.Count);
        Group(CollectionsMarshal.AsSpan(points), grouped);
        _touched.Sort((a, b) => _keys[a].CompareTo(_keys[b]));
        var totals = new SeriesTotals[_touched.Count];
        for (int i = 0; i < totals.Length; i++)
        {
            int series = _touched[i];
            ReadOnlySpan<Sample> samples = SampleSet.Of(grouped.AsSpan(_ends[series] - _counts[series], _counts[series]));
            _writer.Add(_keys[series], samples);
            totals[i] = SeriesTotals.Of(_keys[series], samples);
            _counts[series] = 0;
        }

        ArrayPool<Sample>.Shared.Return(grouped);
        return (_writer.ToBlock(), totals);
    }

    /// <summary>A counting sort: the series are known, and points most often arrive in their order.</summary>
    private void Group(ReadOnlySpan<PendingPoint> points, Sample[] grouped)
    {
        if (_counts.Length < _keys.Count)
        {
            int size = Math.Max(_keys.Count, _counts.Length * 2);
            Array.Resize(ref _counts, size);
            Array.Resize(ref _ends, size);
        }

        _touched.Clear();
        foreach (ref readonly PendingPoint point in points)
        {
            if (_counts[point.Series]++ == 0)
            {
                _touched.Add(point.Series);
            }
        }

        int at = 0;
        foreach (int series in _touched)
        {
            _ends[series] = at;
            at += _counts[series];
        }

        foreach (ref readonly PendingPoint point in points)
        {
            grouped[_ends[point.Series]++] = point.Sample;
        }
    }
}
