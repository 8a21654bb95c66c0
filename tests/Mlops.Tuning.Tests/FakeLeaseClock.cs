using Mlops.Storage;

namespace Mlops.Tuning.Tests;

/// <summary>The clock of leases, set by hand.</summary>
internal sealed class FakeLeaseClock : ILeaseClock
{
    private long _microseconds = 1_750_000_000_000_000;

    public long Read(SqlSession session) => Volatile.Read(ref _microseconds);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _microseconds, (long)time.TotalMicroseconds);
}
