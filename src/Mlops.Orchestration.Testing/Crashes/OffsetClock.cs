using Mlops.Storage;

namespace Mlops.Orchestration.Testing;

/// <summary>The database's clock, set forward: leases of the process before have run out.</summary>
internal sealed class OffsetClock(ILeaseClock clock, TimeSpan offset) : ILeaseClock
{
    public long Read(SqlSession session) => clock.Read(session) + UnixMicroseconds.From(offset);
}
