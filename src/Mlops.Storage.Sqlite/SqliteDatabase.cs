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

    /// <summary>Prepares a database; the file is created by the first call that needs it.</summary>
    /// <param name="connectionString">For example <c>Data Source=mlops.db</c>. A file is required: in-memory databases have no second connection.</param>
    /// <param name="options">Queue and time limits; null for the defaults.</param>
    /// <param name="timeProvider">The clock that leases are measured by; null for the host's.</param>
    /// <exception cref="ArgumentException">The connection string names no file.</exception>
    public SqliteDatabase(string connectionString, DatabaseOptions? options = null, TimeProvider? timeProvider = null)
        : base(new SqliteDialect(timeProvider ?? TimeProvider.System), options ?? new DatabaseOptions())
    {
        var builder = new SqliteConnectionStringBuilder(connectionString);
        if (builder.DataSource.Length == 0 || builder.Mode == SqliteOpenMode.Memory || builder.DataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"'{connectionString}' names no file; use for example 'Data Source=mlops.db'.", nameof(connectionString));
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
        }
        else
        {
            Close(session);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync()
    {
        while (_readers.TryTake(out SqlSession? session))
        {
            Close(session);
        }

        return ValueTask.CompletedTask;
    }

    private static void Close(SqlSession session)
    {
        session.Dispose();
        session.Connection.Dispose();
    }
}
