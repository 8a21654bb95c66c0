namespace Mlops.Drift;

/// <summary>Builds a profile from a stream: the first chunk freezes bins and categories, every chunk is counted in them.</summary>
internal sealed class ProfileBuilder
{
    private const int MaximumDistinct = 1_000_000;

    private readonly DriftSchema _schema;
    private readonly ProfileOptions _options;
    private readonly RowWindow _chunk;
    private readonly PartBuilder?[] _parts;
    private NumericFrame[]? _numericFrames;
    private CategoricalFrame[]? _categoricalFrames;
    private SegmentBuilder[]? _segments;
    private long _rows;
    private long _first = long.MaxValue;
    private long _last = long.MinValue;

    public ProfileBuilder(DriftSchema schema, ProfileOptions options)
    {
        _schema = schema;
        _options = options;
        _chunk = new RowWindow(schema, options.FreezeAfterRows, WindowKeeping.Latest, MaximumDistinct);
        _parts = new PartBuilder?[SeasonKey.PartCount(options.Season)];
        if (options.MergeableWith is not { } pattern)
            return;
        if (schema.DifferenceFrom(pattern.Schema) is { } difference)
            throw new ArgumentException($"The profile to merge with has other columns: {difference}.", nameof(options));
        _numericFrames = pattern.NumericFrames;
        _categoricalFrames = pattern.CategoricalFrames;
    }

    public void Add(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, long ticks)
    {
        if (_options.Season != Season.None && ticks == RowFacts.NoTime)
            throw new ArgumentException($"A profile by {_options.Season} needs rows with a time; declare Timestamp in the schema.", nameof(ticks));
        if (ticks != RowFacts.NoTime)
        {
            _first = Math.Min(_first, ticks);
            _last = Math.Max(_last, ticks);
        }

        _chunk.Add(numbers, texts, ticks);
        if (_chunk.Count == _chunk.Capacity)
            CountChunk();
    }

    /// <summary>The profile of the rows so far, or null when there were none.</summary>
    public ReferenceProfile? Build()
    {
        CountChunk();
        if (_rows == 0)
            return null;
        bool hasTimes = _last != long.MinValue;
        return new ReferenceProfile(
            _schema,
            _options.Season,
            _options.ModelVersion,
            _numericFrames!,
            _categoricalFrames!,
            new SeasonalParts(Array.ConvertAll(_parts, static part => part?.Build()), _options.MaximumSampleRows),
            Array.ConvertAll(_segments!, static segment => segment.Build()),
            hasTimes ? new DateTimeOffset(_first, TimeSpan.Zero) : null,
            hasTimes ? new DateTimeOffset(_last, TimeSpan.Zero) : null);
    }

    private void CountChunk()
    {
        if (_chunk.Count == 0)
            return;
        RowSet rows = _chunk.Snapshot();
        _chunk.Clear();
        _numericFrames ??= Array.ConvertAll(rows.Numbers, column => NumericFrame.From(Present.Of<double>(column), _options.Bins));
        _categoricalFrames ??= [.. Enumerable.Range(0, rows.Codes.Length)
            .Select(c => CategoricalFrame.From(rows.Codes[c], rows.Categories[c], _options.MaximumCategories))];

        _segments ??= SegmentBuilder.For(_schema, _categoricalFrames, _options);
        List<int>[] byPart = new List<int>[_parts.Length];
        int[] runs = new int[rows.Count];
        for (int i = 0, before = -1, run = 0; i < rows.Count; i++)
        {
            int season = SeasonKey.Of(_options.Season, rows.Ticks[i]);
            (byPart[season] ??= []).Add(i);
            runs[i] = season == before ? run : ++run;
            before = season;
        }

        for (int key = 0; key < byPart.Length; key++)
        {
            if (byPart[key] is not { } members)
                continue;
            int[] indexes = [.. members];
            ulong[] priorities = Array.ConvertAll(indexes, i => Mixer.Mix((ulong)_options.SampleSeed, (ulong)(_rows + i)));
            _parts[key] ??= new PartBuilder(_numericFrames, _categoricalFrames, _options.MaximumSampleRows);
            _parts[key]!.Add(rows, indexes, runs, priorities);
            foreach (SegmentBuilder segment in _segments)
                segment.Add(rows, key, indexes, runs, priorities, _numericFrames, _categoricalFrames);
        }

        _rows += rows.Count;
    }
}
