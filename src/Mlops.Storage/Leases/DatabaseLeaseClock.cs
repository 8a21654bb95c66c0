namespace Mlops.Storage;

/// <summary>PostgreSQL: <c>clock_timestamp()</c>. SQLite: the host's wall clock, where a step of the clock may repeat work but never commits it twice.</summary>
internal sealed class DatabaseLeaseClock : ILeaseClock
{
    public static readonly DatabaseLeaseClock Instance = new();

    public long Read(SqlSession session) => session.Dialect.ReadClock(session);
}
