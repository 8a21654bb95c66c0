namespace Mlops.Storage;

/// <summary>
/// The clock that leases, heartbeats and fencing are measured by: the database's, so that all processes agree.
/// Business time never comes from here. Tests set it.
/// </summary>
public interface ILeaseClock
{
    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    long Read(SqlSession session);
}
