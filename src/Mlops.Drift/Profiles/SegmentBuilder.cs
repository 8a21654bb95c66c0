namespace Mlops.Drift;

/// <summary>Gathers the rows of one segment by season.</summary>
internal sealed class SegmentBuilder(int slot, string value, ProfileOptions options)
{
    private const int SmallestSample = 100;

    private readonly PartBuilder?[] _parts = new PartBuilder?[SeasonKey.PartCount(options.Season)];

    // A year of months costs what one part would, unless that would leave too few rows to compare with.
    private readonly int _maximumSample = Math.Max(SmallestSample, options.MaximumSegmentSampleRows / SeasonKey.PartCount(options.Season));

    /// <summary>A builder for each value of the segment columns that is kept: the most frequent ones, or those of the profile to merge with.</summary>
    public static SegmentBuilder[] For(DriftSchema schema, CategoricalFrame[] frames, ProfileOptions options)
    {
        if (options.MergeableWith is { } pattern)
            return [.. pattern.Segments.Select(segment => new SegmentBuilder(segment.Slot, segment.Value, options))];

        // A segment's own column is constant in it: without another one there is nothing to compare.
        if (schema.Columns.Count == 1)
            return [];
        return [.. schema.CategoricalColumns.ToArray().Where(static column => column.Role == ColumnRole.Segment)
            .SelectMany(column => frames[column.Slot].Names.Take(options.MaximumSegments).Select(name => new SegmentBuilder(column.Slot, name, options)))];
    }

    /// <summary>Adds those of the rows of one season that belong to the segment.</summary>
    public void Add(RowSet chunk, int season, int[] indexes, int[] runs, ulong[] priorities, NumericFrame[] numericFrames, CategoricalFrame[] categoricalFrames)
    {
        int code = Array.IndexOf(chunk.Categories[slot], value);
        if (code < 0)
            return;
        List<int> members = [];
        List<ulong> theirs = [];
        for (int i = 0; i < indexes.Length; i++)
        {
            if (chunk.Codes[slot][indexes[i]] != code)
                continue;
            members.Add(indexes[i]);
            theirs.Add(priorities[i]);
        }

        if (members.Count == 0)
            return;
        _parts[season] ??= new PartBuilder(numericFrames, categoricalFrames, _maximumSample);
        _parts[season]!.Add(chunk, [.. members], runs, [.. theirs]);
    }

    public SegmentReference Build() => new(slot, value, new SeasonalParts(Array.ConvertAll(_parts, static part => part?.Build()), _maximumSample));
}
