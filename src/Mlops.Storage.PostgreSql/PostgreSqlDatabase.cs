using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>One PostgreSQL database, which any number of processes may share. Tables go to the first schema of the search path.</summary>
public sealed class PostgreSqlDatabase : Database
{
    // Enough to hide the round trips of one process; each is a server connection.
    private const int Writers = 4;

    private readonly NpgsqlDataSource _dataSource;

    /// <summary>Prepares a database; the first call that needs it connects.</summary>
    /// <param name="connectionString">For example <c>Host=localhost;Username=mlops;Database=mlops</c>.</param>
    /// <param name="options">Queue and time limits; null for the defaults.</param>
    /// <exception cref="ArgumentException">The connection string does not parse or names no host.</exception>
    public PostgreSqlDatabase(string connectionString, DatabaseOptions? options = null)
        : base(PostgreSqlDialect.Instance, options ?? new DatabaseOptions())
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (string.IsNullOrEmpty(builder.Host))
        {
            throw new ArgumentException("The connection string names no Host; use for example 'Host=localhost;Username=mlops;Database=mlops'.", nameof(connectionString));
        }

        builder.ApplicationName ??= "Mlops";
        builder.Timezone ??= "UTC";
        if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = 64;
        }

        _dataSource = new NpgsqlSlimDataSourceBuilder(builder.ConnectionString).Build();
        Target = $"{builder.Host}:{builder.Port}, database '{builder.Database ?? builder.Username}'";
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
            return new PostgreSqlWriterConnection(_dataSource.OpenConnection());
        }
        catch (NpgsqlException exception)
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
        catch (NpgsqlException exception)
        {
            throw Unreachable(exception);
        }
    }

    /// <inheritdoc/>
    protected override void ReturnReader(SqlSession session, bool reusable)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Connection.Dispose();
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync() => _dataSource.DisposeAsync();

    private StorageException Unreachable(NpgsqlException exception) => new(
        $"Connecting to PostgreSQL at {Target}: {exception.Message} Check that the server runs, accepts connections from here, and that the user may use the database.", exception)
    {
        IsTransient = exception.IsTransient,
    };
}
