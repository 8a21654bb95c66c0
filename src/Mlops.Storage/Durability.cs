namespace Mlops.Storage;

/// <summary>What an acknowledged write survives. The order is meaningful: a group commit takes the strongest level of its items.</summary>
public enum Durability
{
    /// <summary>
    /// Survives <c>kill -9</c> of this process, but not necessarily loss of power.
    /// SQLite: WAL with <c>synchronous=NORMAL</c>. PostgreSQL: <c>synchronous_commit=off</c>, where a crash of the
    /// server may also lose the last acknowledged transactions, never consistency.
    /// </summary>
    Process = 0,

    /// <summary>
    /// Survives loss of power. SQLite: WAL with <c>synchronous=FULL</c>. PostgreSQL: <c>synchronous_commit=on</c>.
    /// </summary>
    Power = 1,
}
