using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// One SQLite file in WAL mode: a single writer with group commit, and pooled read-only readers that never wait for it.
/// Several processes may share the file on a local disk; network file systems are not supported.
/// </summary>
public sealed class SqliteDatabase : Database
{
    private const int MaximumIdleReaders = 16;

    private readonly ConcurrentBag<SqlSession> _readers = [];
    private readonly string _writerConnectionString;
    private readonly string _readerConnectionString;
    private volatile bool _closed;

    /// <summary>Prepares a database; the file is created by the first call that needs it.</summary>
    /// <param name="connectionString">For example <c>Data Source=mlops.db</c>. A file is required: in-memory databases have no second connection.</param>
    /// <param name="options">Queue and time limits; null for the defaults.</param>
    /// <param name="timeProvider">The clock that leases are measured by; null for the host's.</param>
    /// <exception cref="ArgumentException">The connection string names no file.</exception>
    public SqliteDatabase(string connectionString, DatabaseOptions? options = null, TimeProvider? timeProvider = null)
        : base(new SqliteDialect(timeProvider ?? TimeProvider.System), options ?? new DatabaseOptions())
    {
        SqliteConnectionStringBuilder builder = Parse(connectionString);
        if (builder.DataSource.Length == 0 || builder.Mode == SqliteOpenMode.Memory || builder.DataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"'{connectionString}' names no file; use for example 'Data Source=mlops.db'.", nameof(connectionString));
        }

        if (builder.Mode == SqliteOpenMode.ReadOnly)
        {
            throw new ArgumentException($"'{connectionString}' opens the file read-only, and the family writes to it; leave 'Mode' out.", nameof(connectionString));
        }

        FilePath = Path.GetFullPath(builder.DataSource);
        builder.DataSource = FilePath;
        builder.Pooling = false;
        builder.Mode = SqliteOpenMode.ReadWriteCreate;
        _writerConnectionString = builder.ToString();
        builder.Mode = SqliteOpenMode.ReadOnly;
        _readerConnectionString = builder.ToString();
    }

    /// <summary>The full path of the database file.</summary>
    public string FilePath { get; }

    /// <inheritdoc/>
    public override string DefaultArtifactFolder => Path.ChangeExtension(FilePath, null) + "-artifacts";

    /// <inheritdoc/>
    protected override int WriterCount => 1;

    /// <inheritdoc/>
    protected override bool WriterLocksDatabase => true;

    /// <inheritdoc/>
    protected override WriterConnection OpenWriter() => SqliteWriterConnection.Open(_writerConnectionString, Dialect, Options.BusyTimeout);

    /// <inheritdoc/>
    protected override async ValueTask<SqlSession> RentReaderAsync(CancellationToken cancellationToken)
    {
        if (_readers.TryTake(out SqlSession? idle))
        {
            return idle;
        }

        var connection = new SqliteConnection(_readerConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            SqlitePragmas.Apply(connection, Options.BusyTimeout);
            return new SqlSession(connection, Dialect, prepare: true);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void ReturnReader(SqlSession session, bool reusable)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (reusable && _readers.Count < MaximumIdleReaders)
        {
            _readers.Add(session);
            if (_closed)
            {
                // A query that was under way while the pool was emptied.
                CloseReaders();
            }
        }
        else
        {
            Close(session);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync()
    {
        _closed = true;
        CloseReaders();
        DrainLog();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The last connection to close moves the write-ahead log into the file, if it may write: after a reader the file alone would be short of the
    /// latest rows, and so would a copy of it.
    /// </summary>
    private void DrainLog()
    {
        if (!File.Exists(FilePath + "-wal"))
        {
            return;
        }

        try
        {
            using var last = new SqliteConnection(_writerConnectionString);
            last.Open();
            SqlitePragmas.Execute(last, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // Nothing is lost: whoever opens the file next reads the log first.
        }
    }

    private static SqliteConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new SqliteConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException exception)
        {
            // Not shown: one for another engine may hold a password.
            throw new ArgumentException($"Not a SQLite connection string ({exception.Message.TrimEnd('.')}); use for example 'Data Source=mlops.db'.", nameof(connectionString), exception);
        }
    }

    private void CloseReaders()
    {
        while (_readers.TryTake(out SqlSession? session))
        {
            Close(session);
        }
    }

    private static void Close(SqlSession session)
    {
        session.Dispose();
        session.Connection.Dispose();
    }
}
