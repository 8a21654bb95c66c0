namespace Mlops.Drift;

/// <summary>One alert of one model version: counts verdicts until it is raised, and until it is cleared. Not thread-safe.</summary>
internal sealed class AlertTracker(AlertKind kind)
{
    private int _streak;
    private long _saidTicks = RowFacts.NoTime;
    private long _clearedTicks = RowFacts.NoTime;

    public AlertKind Kind => kind;

    /// <summary>The id of the alert that stands, or null.</summary>
    public string? ActiveId { get; private set; }

    public AlertSeverity Severity { get; private set; }

    /// <summary>How often the standing alert was said.</summary>
    public int Occurrence { get; private set; }

    /// <summary>Takes a verdict; answers what changes, or null.</summary>
    /// <param name="isDrift">Whether the evaluation said drift.</param>
    /// <param name="nowTicks">The evaluation's time.</param>
    /// <param name="rule">When to change.</param>
    public AlertChange? Advance(bool isDrift, long nowTicks, AlertRule rule)
    {
        if (isDrift == (ActiveId is not null))
        {
            _streak = 0;
            bool repeats = isDrift && rule.Enabled && rule.RepeatAfter is { } after && nowTicks - _saidTicks >= after.Ticks;
            return repeats ? AlertChange.Repeated : null;
        }

        _streak++;
        if (ActiveId is not null)
            return _streak >= rule.ClearAfter ? AlertChange.Cleared : null;
        bool cooling = _clearedTicks != RowFacts.NoTime && nowTicks - _clearedTicks < rule.CoolDown.Ticks;
        return rule.Enabled && _streak >= rule.Confirmations && !cooling ? AlertChange.Raised : null;
    }

    public void Raise(string id, AlertSeverity severity, long nowTicks)
    {
        ActiveId = id;
        Severity = severity;
        Occurrence = 1;
        _saidTicks = nowTicks;
        _streak = 0;
    }

    public void Repeat(AlertSeverity severity, long nowTicks)
    {
        Severity = severity;
        Occurrence++;
        _saidTicks = nowTicks;
    }

    public void Clear(long nowTicks)
    {
        ActiveId = null;
        _clearedTicks = nowTicks;
        _streak = 0;
    }

    /// <summary>Forgets confirmations: a version that comes back must be seen to drift anew.</summary>
    public void Restart() => _streak = 0;

    public void Write(ref ByteWriter writer)
    {
        writer.Write(_streak);
        writer.Write(Occurrence);
        writer.Write(_saidTicks);
        writer.Write(_clearedTicks);
        writer.Write(ActiveId);
        writer.Write((byte)Severity);
    }

    public void Read(ref ByteReader reader)
    {
        _streak = reader.ReadInt32();
        Occurrence = reader.ReadInt32();
        _saidTicks = reader.ReadInt64();
        _clearedTicks = reader.ReadInt64();
        ActiveId = reader.ReadString();
        Severity = (AlertSeverity)reader.ReadByte();
    }
}
