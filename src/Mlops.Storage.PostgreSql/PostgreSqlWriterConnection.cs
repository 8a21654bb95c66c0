using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>A writer: settings of the session are set once and again only when the level changes, not per transaction.</summary>
internal sealed class PostgreSqlWriterConnection : WriterConnection
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly NpgsqlConnection _connection;
    private NpgsqlTransaction? _transaction;
    private Durability? _level;
    private (string LockTimeout, string Commit)? _before;

    private PostgreSqlWriterConnection(NpgsqlDataSource dataSource, NpgsqlConnection connection)
        : base(new SqlSession(connection, PostgreSqlDialect.Instance, prepare: true)) => (_dataSource, _connection) = (dataSource, connection);

    /// <summary>Connects.</summary>
    /// <param name="dataSource">The server.</param>
    /// <param name="lockTimeout">How long a transaction waits for others.</param>
    /// <param name="restores">Whether the session is to be left with the settings it had.</param>
    public static PostgreSqlWriterConnection Open(NpgsqlDataSource dataSource, TimeSpan lockTimeout, bool restores)
    {
        NpgsqlConnection connection = dataSource.OpenConnection();
        try
        {
            var writer = new PostgreSqlWriterConnection(dataSource, connection) { _before = restores ? ReadSettings(connection) : null };
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET lock_timeout = {(long)lockTimeout.TotalMilliseconds}"));
            return writer;
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
            Restore();
        }

        base.Dispose(disposing);
    }

    private static (string LockTimeout, string Commit) ReadSettings(NpgsqlConnection connection)
    {
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = "SELECT current_setting('lock_timeout'), current_setting('synchronous_commit')";
        using NpgsqlDataReader row = command.ExecuteReader();
        row.Read();
        return (row.GetString(0), row.GetString(1));
    }

    /// <summary>Not those of the server: whoever has the data source may have set others on every connection.</summary>
    private void Restore()
    {
        if (_before is not { } before || !IsUsable)
        {
            return;
        }

        _before = null;
        try
        {
            using NpgsqlCommand command = _connection.CreateCommand();
            command.CommandText = "SELECT set_config('lock_timeout', $1, false), set_config('synchronous_commit', $2, false)";
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = before.LockTimeout });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = before.Commit });
            command.ExecuteNonQuery();
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // Then it is closed for good, with those that are idle, instead of going back to the pool.
            _dataSource.Clear();
        }
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
