using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>A writer: settings of the session are set once and again only when the level changes, not per transaction.</summary>
internal sealed class PostgreSqlWriterConnection : WriterConnection
{
    private readonly NpgsqlConnection _connection;
    private NpgsqlTransaction? _transaction;
    private Durability? _level;

    private PostgreSqlWriterConnection(NpgsqlConnection connection)
        : base(new SqlSession(connection, PostgreSqlDialect.Instance, prepare: true)) => _connection = connection;

    public static PostgreSqlWriterConnection Open(NpgsqlDataSource dataSource, TimeSpan lockTimeout)
    {
        NpgsqlConnection connection = dataSource.OpenConnection();
        try
        {
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET lock_timeout = {(long)lockTimeout.TotalMilliseconds}"));
            return new PostgreSqlWriterConnection(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override void Begin(Durability durability)
    {
        if (_level != durability)
        {
            _level = null;
            Execute(_connection, durability == Durability.Power ? "SET synchronous_commit = on" : "SET synchronous_commit = off");
            _level = durability;
        }

        _transaction = _connection.BeginTransaction();
    }

    public override void BeginAfterConflict(Durability durability)
    {
        Begin(durability);
        Session.Execute("SELECT pg_advisory_xact_lock(@key)", ("@key", PostgreSqlDialect.ConflictLock));
    }

    public override void Commit()
    {
        _transaction?.Commit();
        Forget();
    }

    public override void Rollback()
    {
        if (_transaction is not null && IsUsable)
        {
            _transaction.Rollback();
        }

        Forget();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forget();
        }

        base.Dispose(disposing);
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void Forget()
    {
        _transaction?.Dispose();
        _transaction = null;
    }
}
