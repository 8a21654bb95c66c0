namespace Mlops.Drift;

/// <summary>Compares groups by each segment column of one version. Not thread-safe.</summary>
internal sealed class GroupWatch
{
    /// <summary>Segment columns that can be watched: the groups of a row are kept in one number until its label comes.</summary>
    public const int MaximumColumns = 6;

    private const int BitsPerColumn = 10;
    private const ulong Mask = (1 << BitsPerColumn) - 1;

    private readonly DriftColumn[] _columns;
    private readonly GroupGaps[] _gaps;
    private long _seen;
    private long _seenAtEvaluation;

    public GroupWatch(DriftSchema schema, GroupGapOptions options)
    {
        _columns = SegmentsOf(schema);
        _gaps = Array.ConvertAll(_columns, _ => new GroupGaps(options));
    }

    public bool HasNews => _seen > _seenAtEvaluation;

    public static DriftColumn[] SegmentsOf(DriftSchema schema) =>
        [.. schema.CategoricalColumns.ToArray().Where(static column => column.Role == ColumnRole.Segment)];

    /// <summary>Counts a prediction; answers its groups as one number, 0 for none.</summary>
    public ulong Observe(ReadOnlySpan<string?> texts, double prediction)
    {
        ulong groups = 0;
        _seen++;
        for (int i = 0; i < _columns.Length; i++)
        {
            if (texts[_columns[i].Slot] is { Length: > 0 } group)
                groups |= (ulong)(_gaps[i].Observe(group, prediction) + 1) << (i * BitsPerColumn);
        }

        return groups;
    }

    /// <summary>Counts what happened in the groups that <see cref="Observe"/> answered.</summary>
    public void ObserveOutcome(ulong groups, double prediction, double actual)
    {
        for (int i = 0; i < _gaps.Length; i++)
        {
            int group = (int)((groups >> (i * BitsPerColumn)) & Mask) - 1;
            if (group >= 0)
                _gaps[i].ObserveOutcome(group, prediction, actual);
        }
    }

    /// <summary>All gaps as they stand.</summary>
    public GroupGap[] Take()
    {
        _seenAtEvaluation = _seen;
        return [.. _gaps.SelectMany((gaps, i) => Enum.GetValues<GroupRateKind>().Select(kind => gaps.Measure(kind) with { Column = _columns[i].Name }))];
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write([_seen, _seenAtEvaluation]);
        writer.Write(_gaps.Length);
        foreach (GroupGaps gaps in _gaps)
            writer.Write((ReadOnlySpan<byte>)gaps.SaveState());
    }

    /// <summary>Goes on from stored gaps; those of other options are passed over. Answers whether all groups still have their numbers.</summary>
    public static bool Read(ref ByteReader reader, GroupWatch? watch)
    {
        long[] seen = reader.ReadInt64s();
        int columns = reader.ReadCount(sizeof(int));
        if (seen.Length != 2 || columns > MaximumColumns)
            throw new DriftFormatException("Reading a monitor state: its groups are damaged.");
        bool goesOn = watch?._gaps.Length == columns;
        for (int i = 0; i < columns; i++)
        {
            ReadOnlySpan<byte> state = reader.ReadBytes();
            if (watch is null || i >= watch._gaps.Length)
                continue;
            try
            {
                watch._gaps[i].RestoreState(state);
                (watch._seen, watch._seenAtEvaluation) = (seen[0], seen[1]);
            }
            catch (DriftFormatException)
            {
                // Saved with another alpha or limit: the comparison starts afresh, as a window of another length does.
                goesOn = false;
            }
        }

        return goesOn;
    }
}
