using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>The writer: BEGIN IMMEDIATE always, so that a transaction never fails half-way for want of the lock.</summary>
internal sealed class SqliteWriterConnection : WriterConnection
{
    private const int PrimaryCode = 0xff;

    private readonly SqliteConnection _connection;
    private readonly TimeSpan _busyTimeout;

    // Only spreads the retries of several processes; its values reach no result.
    private readonly Random _jitter = new(Environment.ProcessId);
    private Durability? _level;
    private bool _open;

    private SqliteWriterConnection(SqliteConnection connection, SqlDialect dialect, TimeSpan busyTimeout)
        : base(new SqlSession(connection, dialect, prepare: true))
    {
        _connection = connection;
        _busyTimeout = busyTimeout;
    }

    public static SqliteWriterConnection Open(string connectionString, SqlDialect dialect, TimeSpan busyTimeout)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            SqlitePragmas.ApplyToWriter(connection, busyTimeout);
            return new SqliteWriterConnection(connection, dialect, busyTimeout);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new StorageException(
                $"Opening the SQLite database '{connection.DataSource}': {exception.Message} "
                + "Check that the folder exists, that this process may write to it, and that the file is a database.", exception)
            {
                IsTransient = exception.SqliteErrorCode == raw.SQLITE_BUSY,
            };
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
            Execute(durability == Durability.Power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            _level = durability;
        }

        BeginImmediate();
        _open = true;
    }

    public override void Commit()
    {
        Execute("COMMIT");
        _open = false;
    }

    public override void Rollback()
    {
        if (!_open)
        {
            return;
        }

        _open = false;

        // A full disk or an I/O error has rolled the transaction back by itself.
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    /// <summary>
    /// Retries about every millisecond. SQLite's own busy handler backs off to 100 ms and the provider's to 150 ms, which starves
    /// a process beside a busy one for seconds.
    /// </summary>
    private void BeginImmediate()
    {
        _ = raw.sqlite3_busy_timeout(_connection.Handle, 0);
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            int code = raw.sqlite3_exec(_connection.Handle, "BEGIN IMMEDIATE");
            if (code == raw.SQLITE_OK)
            {
                break;
            }

            // The extended codes say why it is busy, for example that another process recovers the log of one that was killed.
            if ((code & PrimaryCode) != raw.SQLITE_BUSY || Stopwatch.GetElapsedTime(started) > _busyTimeout)
            {
                throw Failure("BEGIN IMMEDIATE", code);
            }

            Thread.Sleep(_jitter.Next(1, 3));
        }
    }

    private void Execute(string sql)
    {
        int code = raw.sqlite3_exec(_connection.Handle, sql);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(sql, code);
        }
    }

    private SqliteException Failure(string sql, int code) =>
        new($"{sql}: {raw.sqlite3_errmsg(_connection.Handle).utf8_to_string()}", code & PrimaryCode, raw.sqlite3_extended_errcode(_connection.Handle));
}
