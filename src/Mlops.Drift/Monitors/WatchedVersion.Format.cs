namespace Mlops.Drift;

internal sealed partial class WatchedVersion
{
    public void Write(ref ByteWriter writer)
    {
        writer.Write(Serial);
        writer.Write(Digest);
        writer.Write(Profile?.Digest.ToString() ?? ExpectedProfile);
        writer.Write(Baseline is not null);
        Baseline?.Write(ref writer);
        writer.Write(
        [
            SupersededTicks, MissedWindows, _period, _incompleteUntilSeen, _incompleteUntilTicks, _rowsAtEvaluation, _errorsAtEvaluation, _number,
            .. _late is null ? (ReadOnlySpan<long>)[] : [_latePeriod, _lateIncomplete ? 1 : 0, _lateNumber],
        ]);
        _late?.Write(ref writer);
        _window.Write(ref writer);
        writer.Write(_closed.Count);
        foreach (ClosedWindow closed in _closed)
        {
            writer.Write(closed.Partial);
            writer.Write(closed.Incomplete);
            closed.Rows.Write(ref writer);
        }

        Errors.Write(ref writer);
        Ledger.Write(ref writer);
        foreach (AlertTracker tracker in Alerts)
            tracker.Write(ref writer);
        writer.Write(Change is not null);
        Change?.Write(ref writer);
        writer.Write(Groups is not null);
        Groups?.Write(ref writer);
        writer.Write((ReadOnlySpan<byte>)(OverTime?.SaveState() ?? []));
    }

    public static WatchedVersion Read(ref ByteReader reader, DriftSchema schema, DriftMonitorOptions options)
    {
        WatchedVersion version = new(reader.ReadInt32(), reader.ReadText(), schema, options)
        {
            ExpectedProfile = reader.ReadString(),
        };
        if (reader.ReadBoolean())
            version.SetReference(new ServedReference(null, ErrorBaseline.Read(ref reader)));
        long[] numbers = reader.ReadInt64s();
        if (numbers.Length is not (8 or 11))
            throw new DriftFormatException("Reading a monitor state: a version's numbers are damaged.");
        (version.SupersededTicks, version.MissedWindows, version._period) = (numbers[0], numbers[1], numbers[2]);
        (version._incompleteUntilSeen, version._incompleteUntilTicks) = (numbers[3], numbers[4]);
        (version._rowsAtEvaluation, version._errorsAtEvaluation) = (numbers[5], numbers[6]);
        version._number = (int)numbers[7];
        if (numbers.Length == 11)
        {
            (version._latePeriod, version._lateIncomplete, version._lateNumber) = (numbers[8], numbers[9] != 0, (int)numbers[10]);
            version._late = version.NewWindow();
            version._late.Read(ref reader);
        }

        version._window.Read(ref reader);
        int closed = reader.ReadCount(2);
        for (int i = 0; i < closed; i++)
        {
            bool partial = reader.ReadBoolean(), incomplete = reader.ReadBoolean();
            RowWindow rows = version.NewWindow();
            rows.Read(ref reader);
            version._closed.Enqueue(new ClosedWindow(rows, partial, incomplete));
        }

        version.Errors.Read(ref reader);
        version.Ledger.Read(ref reader);
        foreach (AlertTracker tracker in version.Alerts)
            tracker.Read(ref reader);
        if (reader.ReadBoolean())
            ErrorChangeWatch.Read(ref reader, version.Change);
        version.HasOldGroups = reader.ReadBoolean() && GroupWatch.Read(ref reader, version.Groups);
        version.ReadOverTime(reader.ReadBytes());
        return version;
    }

    private void ReadOverTime(ReadOnlySpan<byte> state)
    {
        if (OverTime is null || state.IsEmpty)
            return;
        try
        {
            OverTime.RestoreState(state);
        }
        catch (FormatException)
        {
            // Saved with another rate: the decisions begin anew.
        }
    }
}
