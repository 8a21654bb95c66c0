using System.Data;

namespace Mlops.Storage;

/// <summary>A connection that one writer thread owns. Providers implement how a transaction of each level begins and ends.</summary>
public abstract class WriterConnection : IDisposable
{
    /// <summary>Takes over an open connection.</summary>
    protected WriterConnection(SqlSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        Session = session;
    }

    /// <summary>The session that items run on.</summary>
    public SqlSession Session { get; }

    /// <summary>False once the connection can no longer be used.</summary>
    public virtual bool IsUsable => Session.Connection.State == ConnectionState.Open;

    /// <summary>Begins a transaction of the level; waits for other processes no longer than the configured busy timeout.</summary>
    public abstract void Begin(Durability durability);

    /// <summary>
    /// Like <see cref="Begin"/> for a repetition after a conflict: waits its turn behind all other repetitions, of other processes too,
    /// so that the victims of a deadlock do not become each other's victims again.
    /// </summary>
    public virtual void BeginAfterConflict(Durability durability) => Begin(durability);

    /// <summary>Commits; when it returns, the transaction is as durable as its level.</summary>
    public abstract void Commit();

    /// <summary>Rolls back; does nothing when no transaction is open.</summary>
    public abstract void Rollback();

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the connection.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Session.Dispose();
            Session.Connection.Dispose();
        }
    }
}
