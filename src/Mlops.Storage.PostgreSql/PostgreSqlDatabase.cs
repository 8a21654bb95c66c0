using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>One PostgreSQL database, which any number of processes may share. Tables go to the first schema of the search path.</summary>
public sealed class PostgreSqlDatabase : Database
{
    // Enough to hide the round trips of one process; each is a server connection.
    private const int Writers = 4;
    private const int AutoPreparedReads = 64;

    private readonly NpgsqlDataSource _dataSource;
    private readonly bool _ownsDataSource;
    private readonly bool _restoresSessions;
    private readonly Lazy<PostgreSqlSignals> _signals;

    /// <summary>Prepares a database; the first call that needs it connects.</summary>
    /// <param name="connectionString">For example <c>Host=localhost;Username=mlops;Database=mlops</c>.</param>
    /// <param name="options">Queue and time limits; null for the defaults.</param>
    /// <exception cref="ArgumentException">The connection string does not parse, names no host or contradicts itself. The message holds none of its values.</exception>
    public PostgreSqlDatabase(string connectionString, DatabaseOptions? options = null)
        : this(CreateDataSource(connectionString), ownsDataSource: true, options)
    {
    }

    /// <summary>Uses the host's own data source, for passwords that rotate, certificates or tracing; it is not disposed.</summary>
    /// <param name="dataSource">One server and database. Its connections must keep session settings, so no statement-level pooler in between; they go back to it as they came.</param>
    /// <param name="options">Queue and time limits; null for the defaults.</param>
    public PostgreSqlDatabase(NpgsqlDataSource dataSource, DatabaseOptions? options = null)
        : this(dataSource, ownsDataSource: false, options)
    {
    }

    private PostgreSqlDatabase(NpgsqlDataSource dataSource, bool ownsDataSource, DatabaseOptions? options)
        : base(PostgreSqlDialect.Instance, options ?? new DatabaseOptions())
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        _ownsDataSource = ownsDataSource;
        var builder = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString);

        // Where the driver does not reset them, what is set on the host's connections would reach whoever uses them next.
        _restoresSessions = !ownsDataSource && builder.NoResetOnClose;
        _signals = new Lazy<PostgreSqlSignals>(
            () => new PostgreSqlSignals(_dataSource, _restoresSessions, LoggerFactory.CreateLogger<PostgreSqlDatabase>(), ReceiveSignal));
        Target = $"{builder.Host}:{builder.Port}, database '{(string.IsNullOrEmpty(builder.Database) ? builder.Username : builder.Database)}'";
    }

    /// <summary>Host, port and database, without credentials: for messages.</summary>
    public string Target { get; }

    /// <inheritdoc/>
    protected override int WriterCount => Writers;

    /// <inheritdoc/>
    protected override bool WriterLocksDatabase => false;

    /// <inheritdoc/>
    protected override WriterConnection OpenWriter()
    {
        try
        {
            return PostgreSqlWriterConnection.Open(_dataSource, Options.BusyTimeout, _restoresSessions);
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            throw Unreachable(exception);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask<SqlSession> RentReaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            return new SqlSession(connection, Dialect, prepare: false);
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            throw Unreachable(exception);
        }
    }

    /// <inheritdoc/>
    protected override void ReturnReader(SqlSession session, bool reusable)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!reusable && session.Connection.State != System.Data.ConnectionState.Open)
        {
            // The server has gone: the idle connections are as dead as this one.
            _dataSource.Clear();
        }

        session.Connection.Dispose();
    }

    /// <inheritdoc/>
    protected override void SendSignal(string channel) => _signals.Value.Send(channel);

    /// <inheritdoc/>
    protected override void ListenForSignals() => _signals.Value.Listen();

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        if (_signals.IsValueCreated)
        {
            await _signals.Value.DisposeAsync().ConfigureAwait(false);
        }

        if (_ownsDataSource)
        {
            await _dataSource.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static NpgsqlDataSource CreateDataSource(string connectionString)
    {
        NpgsqlConnectionStringBuilder builder = ConnectionText.Parse(connectionString);
        builder.ApplicationName ??= "Mlops";
        builder.Timezone ??= "UTC";

        // Nothing that is set on a connection harms its next user, and resetting it costs the server as much as a small read.
        builder.NoResetOnClose = true;
        if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = AutoPreparedReads;
        }

        return ConnectionText.Build(builder);
    }

    private static bool IsConnectionFailure(Exception exception) => exception is NpgsqlException or SocketException or TimeoutException;

    private StorageException Unreachable(Exception exception) => new(
        $"Connecting to PostgreSQL at {Target}: {exception.Message.TrimEnd('.')}. Check that the server runs, accepts connections from here, and that the user may use the database.", exception)
    {
        IsTransient = PostgreSqlDialect.IsTransientFailure(exception),
    };
}
