namespace Mlops.Storage.Conformance;

/// <summary>A lease clock that tests move.</summary>
public sealed class SettableClock : ILeaseClock
{
    private long _now;

    public long Read(SqlSession session) => Interlocked.Read(ref _now);

    public void Set(long microseconds) => Interlocked.Exchange(ref _now, microseconds);

    public void Advance(TimeSpan step) => Interlocked.Add(ref _now, step.Ticks / TimeSpan.TicksPerMicrosecond);
}
