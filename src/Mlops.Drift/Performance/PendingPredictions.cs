namespace Mlops.Drift;

/// <summary>
/// Joins labels with predictions in bounded memory. When too many wait, a share is kept by the hash of the key, so that the sample
/// does not depend on how long labels take. Not thread-safe.
/// </summary>
internal sealed class PendingPredictions(int maximum, long maximumDelayTicks)
{
    private const int MaximumRemembered = 65_536;

    private readonly BoundedMap<PendingPrediction> _waiting = new(maximum);
    private readonly BoundedMap<LabelOutcome> _finished = new(MaximumRemembered);
    private readonly BoundedMap<double> _early = new(MaximumRemembered);
    private int _halvings;
    private long _joined;
    private long _earlyJoined;
    private long _unknown;
    private long _expired;
    private long _duplicate;
    private long _unsampled;
    private long _predictionsExpired;
    private long _duplicatePredictions;

    public long Invalid { get; set; }

    /// <summary>The counts so far; <paramref name="dropped"/> is known to the buffer before.</summary>
    public LabelCounts Counts(long dropped) => new()
    {
        Joined = _joined,
        Early = _earlyJoined,
        Unknown = _unknown,
        Expired = _expired,
        Duplicate = _duplicate,
        Unsampled = _unsampled,
        Invalid = Invalid,
        Dropped = dropped,
        Pending = _waiting.Count,
        PredictionsExpired = _predictionsExpired,
        DuplicatePredictions = _duplicatePredictions,
        KeptShare = Math.ScaleB(1, -_halvings),
    };

    /// <summary>True when a row of this key was seen and is still remembered.</summary>
    public bool IsRepeated(PredictionKey key)
    {
        if (!_waiting.Contains(key.Value) && !_finished.Contains(key.Value))
            return false;
        _duplicatePredictions++;
        return true;
    }

    /// <summary>A prediction came; answers its label when that is known already, else the prediction waits.</summary>
    public bool Expect(PredictionKey key, PendingPrediction prediction, out double actual)
    {
        if (_early.Remove(key.Value, out actual))
        {
            _unknown--;
            _earlyJoined++;
            MarkJoined(key, prediction.Ticks);
            return true;
        }

        if (!IsSampled(key.Value))
            return false;
        while (_waiting.IsFull)
        {
            _halvings++;
            _waiting.RemoveWhere(other => !IsSampled(other));
        }

        if (IsSampled(key.Value))
            _waiting.Add(key.Value, prediction, prediction.Ticks);
        return false;
    }

    /// <summary>A row came with its label: the key is settled.</summary>
    public void MarkJoined(PredictionKey key, long ticks)
    {
        _joined++;
        if (!key.IsNone)
            Remember(key.Value, LabelOutcome.Joined, ticks);
    }

    /// <summary>A label came; true when it joins <paramref name="prediction"/>.</summary>
    public bool Join(PredictionKey key, double actual, long nowTicks, out PendingPrediction prediction)
    {
        if (_waiting.Remove(key.Value, out prediction))
        {
            MarkJoined(key, nowTicks);
            return true;
        }

        if (_finished.TryGet(key.Value, out LabelOutcome outcome))
        {
            if (outcome == LabelOutcome.Joined)
                _duplicate++;
            else
                _expired++;
        }
        else if (!IsSampled(key.Value))
        {
            _unsampled++;
        }
        else if (_early.Contains(key.Value))
        {
            _duplicate++;
        }
        else
        {
            _unknown++;
            if (_early.IsFull)
                _early.TryTakeOldest(long.MaxValue, out _);

            // Before the first row there is no time.
            _early.Add(key.Value, actual, nowTicks);
        }

        return false;
    }

    /// <summary>Gives up on what waited for longer than the maximum delay.</summary>
    public void Expire(long nowTicks)
    {
        long before = nowTicks - maximumDelayTicks;
        while (_waiting.TryTakeOldest(before, out UInt128 key))
        {
            _predictionsExpired++;
            Remember(key, LabelOutcome.Expired, nowTicks);
        }

        while (_early.TryTakeOldest(before, out _))
        {
        }
    }

    /// <summary>Of the predictions of these versions, the groups are not known any more.</summary>
    public void ForgetGroups(int[] versions) => _waiting.Change(waiting => versions.Contains(waiting.Version) ? waiting with { Groups = 0 } : waiting);

    /// <summary>The first row tells the time, for the labels that came before it as well.</summary>
    public void BeginAt(long nowTicks) => _early.Date(nowTicks);

    public void Write(ref ByteWriter writer)
    {
        writer.Write([_halvings, _joined, _earlyJoined, _unknown, _expired, _duplicate, _unsampled, _predictionsExpired, _duplicatePredictions, Invalid]);
        writer.Write(_waiting.Count);
        foreach ((UInt128 key, PendingPrediction value, long ticks) in _waiting.InOrder())
        {
            writer.Write(key);
            writer.Write(value.Prediction);
            writer.Write(value.Version);
            writer.Write(value.Window);
            writer.Write((long)value.Groups);
            writer.Write(ticks);
        }

        writer.Write(_finished.Count);
        foreach ((UInt128 key, LabelOutcome value, long ticks) in _finished.InOrder())
        {
            writer.Write(key);
            writer.Write((byte)value);
            writer.Write(ticks);
        }

        writer.Write(_early.Count);
        foreach ((UInt128 key, double value, long ticks) in _early.InOrder())
        {
            writer.Write(key);
            writer.Write(value);
            writer.Write(ticks);
        }
    }

    public void Read(ref ByteReader reader)
    {
        long[] counts = reader.ReadInt64s();
        if (counts.Length != 10 || counts[0] is < 0 or > 63)
            throw new DriftFormatException("Reading a monitor state: its label counts are damaged.");
        (_halvings, _joined, _earlyJoined, _unknown) = ((int)counts[0], counts[1], counts[2], counts[3]);
        (_expired, _duplicate, _unsampled) = (counts[4], counts[5], counts[6]);
        (_predictionsExpired, _duplicatePredictions, Invalid) = (counts[7], counts[8], counts[9]);
        const int KeyBytes = 16;
        _waiting.Clear();
        for (int i = reader.ReadCount(KeyBytes); i > 0; i--)
        {
            UInt128 key = reader.ReadUInt128();
            double prediction = reader.ReadDouble();
            int version = reader.ReadInt32(), window = reader.ReadInt32();
            ulong groups = (ulong)reader.ReadInt64();
            long ticks = reader.ReadInt64();
            _waiting.Add(key, new PendingPrediction(prediction, ticks, version, window, groups), ticks);
        }

        _finished.Clear();
        for (int i = reader.ReadCount(KeyBytes); i > 0; i--)
        {
            UInt128 key = reader.ReadUInt128();
            LabelOutcome outcome = (LabelOutcome)reader.ReadByte();
            _finished.Add(key, outcome, reader.ReadInt64());
        }

        _early.Clear();
        for (int i = reader.ReadCount(KeyBytes); i > 0; i--)
        {
            UInt128 key = reader.ReadUInt128();
            double actual = reader.ReadDouble();
            _early.Add(key, actual, reader.ReadInt64());
        }
    }

    private bool IsSampled(UInt128 key) => _halvings == 0 || Mixer.Mix(key) >> (64 - _halvings) == 0;

    private void Remember(UInt128 key, LabelOutcome outcome, long ticks)
    {
        if (_finished.IsFull)
            _finished.TryTakeOldest(long.MaxValue, out _);
        _finished.Add(key, outcome, ticks);
    }
}
