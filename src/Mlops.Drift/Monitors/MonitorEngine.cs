namespace Mlops.Drift;

/// <summary>
/// What a monitor knows: windows, errors and alerts per model version, and the predictions that wait for labels. A function of the
/// rows, labels, activations and evaluations in their order. Not thread-safe.
/// </summary>
internal sealed class MonitorEngine
{
    private const int MaximumVersions = 4;

    private readonly DriftSchema _schema;
    private readonly DriftMonitorOptions _options;
    private readonly PendingPredictions _pending;
    private readonly List<WatchedVersion> _versions = [];
    private int _nextSerial;
    private long _lostSeen;
    private bool _rowsCarryTime;

    public MonitorEngine(DriftSchema schema, DriftMonitorOptions options)
    {
        _schema = schema;
        _options = options;
        _pending = new PendingPredictions(options.MaximumPendingPredictions, options.MaximumLabelDelay.Ticks);
        Active = AddVersion("");
    }

    public WatchedVersion Active { get; private set; }

    public IReadOnlyList<WatchedVersion> Versions => _versions;

    public long LatestTicks { get; private set; } = RowFacts.NoTime;

    /// <summary>Rows taken in, duplicates and late ones included.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that came after their tumbling window was closed.</summary>
    public long LateRows { get; private set; }

    /// <summary>Evaluations that had nothing to compare with.</summary>
    public long WithoutReference { get; set; }

    /// <summary>Versions that were forgotten because too many were watched at once.</summary>
    public long ForgottenVersions { get; private set; }

    public long MissedWindows => _versions.Sum(static version => version.MissedWindows);

    public LabelCounts Labels(long dropped) => _pending.Counts(dropped);

    /// <summary>The time of an evaluation: that of the latest row where rows carry their own, else the clock's.</summary>
    public long Now(TimeProvider clock) => _rowsCarryTime ? LatestTicks : Math.Max(LatestTicks, clock.GetUtcNow().UtcTicks);

    public void Process(ObservationBlock block)
    {
        int label = 0;
        for (int row = 0; row < block.RowCount; row++)
        {
            while (label < block.LabelCount && block.Label(label).RowsBefore <= row)
                Process(in block.Label(label++));
            Process(block.Numbers(row), block.Texts(row), in block.Facts(row));
        }

        while (label < block.LabelCount)
            Process(in block.Label(label++));
    }

    /// <summary>Takes note of how many rows were lost before they came here.</summary>
    public void NoteLost(long lostRows)
    {
        if (lostRows == _lostSeen)
            return;
        _lostSeen = lostRows;
        Active.MarkIncomplete(LatestTicks);
    }

    /// <summary>Makes a version the live one. Its predecessor's window ends as it stands and takes labels for a while longer.</summary>
    /// <returns>The version that was live before when another one took over, else null.</returns>
    public WatchedVersion? Activate(string digest, ServedReference reference)
    {
        WatchedVersion previous = Active;
        if (previous.Digest == digest)
        {
            previous.SetReference(reference);
            return null;
        }

        bool isUntouched = previous.Digest.Length == 0 && !previous.HasSeenRows;
        WatchedVersion next = Find(digest) ?? AddVersion(digest);
        next.SupersededTicks = RowFacts.NoTime;
        next.SetReference(reference);
        Active = next;
        if (isUntouched)
        {
            _versions.Remove(previous);
            return null;
        }

        previous.Close(partial: true);
        previous.SupersededTicks = LatestTicks;
        return previous;
    }

    public AlertNames AlertNames { get; } = new();

    public WatchedVersion? Find(string digest) => _versions.Find(version => version.Digest == digest);

    public void Write(ref ByteWriter writer)
    {
        writer.Write([_nextSerial, _lostSeen, Rows, LateRows, LatestTicks, _rowsCarryTime ? 1 : 0, Active.Serial, ForgottenVersions, WithoutReference]);
        AlertNames.Write(ref writer);
        _pending.Write(ref writer);
        writer.Write(_versions.Count);
        foreach (WatchedVersion version in _versions)
            version.Write(ref writer);
    }

    public static MonitorEngine Read(ref ByteReader reader, DriftSchema schema, DriftMonitorOptions options)
    {
        MonitorEngine engine = new(schema, options);
        long[] numbers = reader.ReadInt64s();
        if (numbers.Length != 9)
            throw new DriftFormatException("Reading a monitor state: its counts are damaged.");
        (engine._nextSerial, engine._lostSeen, engine.Rows, engine.LateRows) = ((int)numbers[0], numbers[1], numbers[2], numbers[3]);
        (engine.LatestTicks, engine._rowsCarryTime) = (numbers[4], numbers[5] != 0);
        (engine.ForgottenVersions, engine.WithoutReference) = (numbers[7], numbers[8]);
        engine.AlertNames.Read(ref reader);
        engine._pending.Read(ref reader);
        engine._versions.Clear();
        for (int i = reader.ReadCount(sizeof(int)); i > 0; i--)
            engine._versions.Add(WatchedVersion.Read(ref reader, schema, options));
        int[] regrouped = [.. engine._versions.Where(static version => !version.HasOldGroups).Select(static version => version.Serial)];
        if (regrouped.Length > 0)
            engine._pending.ForgetGroups(regrouped);
        engine.Active = engine._versions.Find(version => version.Serial == numbers[6])
            ?? throw new DriftFormatException("Reading a monitor state: its active version is absent. It is damaged.");
        return engine;
    }

    private void Process(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, in RowFacts facts)
    {
        Rows++;
        _rowsCarryTime |= !facts.IsStamped;
        if (facts.Ticks > LatestTicks)
            MoveTo(facts.Ticks);
        if (!facts.Id.IsNone && _pending.IsRepeated(facts.Id))
            return;
        WatchedVersion version = VersionOf(facts.Version);
        if (!version.Add(numbers, texts, facts.Ticks, out int window))
            LateRows++;
        if (_schema.PredictionSlot < 0)
            return;
        double predicted = numbers[_schema.PredictionSlot];
        PendingPrediction prediction = new(predicted, facts.Ticks, version.Serial, window, version.Groups?.Observe(texts, predicted) ?? 0);
        if (!DriftSchema.IsMissing(facts.Label))
        {
            _pending.MarkJoined(facts.Id, facts.Ticks);
            version.Join(in prediction, facts.Label, LatestTicks);
        }
        else if (!facts.Id.IsNone && _pending.Expect(facts.Id, prediction, out double actual))
        {
            version.Join(in prediction, actual, LatestTicks);
        }
    }

    private void Process(in ObservationBlock.LabelEvent label)
    {
        if (label.Key.IsNone || !double.IsFinite(label.Actual))
        {
            _pending.Invalid++;
            return;
        }

        if (!_pending.Join(label.Key, label.Actual, LatestTicks, out PendingPrediction prediction))
            return;
        foreach (WatchedVersion version in _versions)
        {
            if (version.Serial == prediction.Version)
                version.Join(in prediction, label.Actual, LatestTicks);
        }
    }

    private void MoveTo(long ticks)
    {
        if (LatestTicks == RowFacts.NoTime)
            _pending.BeginAt(ticks);
        LatestTicks = ticks;
        _pending.Expire(ticks);
        if (_versions.Count > 1)
            ForgetSuperseded(ticks);
    }

    // For every row while two versions are watched, so without a closure.
    private void ForgetSuperseded(long ticks)
    {
        for (int i = _versions.Count - 1; i >= 0; i--)
        {
            if (_versions[i] != Active && _versions[i].IsSuperseded && ticks - _versions[i].SupersededTicks > _options.MaximumLabelDelay.Ticks)
                _versions.RemoveAt(i);
        }
    }

    private WatchedVersion VersionOf(string? digest)
    {
        if (digest is null || digest == Active.Digest)
            return Active;

        // Rows that name their version need nobody to activate the first one.
        if (Active.Digest.Length == 0 && !Active.HasSeenRows)
            Activate(digest, Active.Reference);
        return Find(digest) ?? AddVersion(digest);
    }

    private WatchedVersion AddVersion(string digest)
    {
        if (_versions.Count == MaximumVersions)
        {
            // A version that is merely named by rows, and that nobody gave a reference, goes before one that was watched.
            WatchedVersion forgotten = _versions.Find(version => version != Active && version.Profile is null && version.Baseline is null)
                ?? _versions.First(version => version != Active);
            ForgottenVersions++;
            _versions.Remove(forgotten);
        }

        WatchedVersion added = new(_nextSerial++, digest, _schema, _options);
        _versions.Add(added);
        return added;
    }
}
