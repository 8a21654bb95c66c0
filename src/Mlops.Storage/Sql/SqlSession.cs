using System.Data.Common;

namespace Mlops.Storage;

/// <summary>
/// Statements on one connection, prepared once per SQL text. Within a write it is the open transaction;
/// it must not be kept after the delegate that received it returns. Not thread-safe.
/// </summary>
public sealed class SqlSession : IDisposable
{
    private const int MaximumPreparedCommands = 512;

    // Literals are found by reference, texts that were put together at run time by their characters.
    private readonly Dictionary<string, DbCommand>? _byReference;
    private readonly Dictionary<string, DbCommand>? _byText;

    /// <summary>Wraps an open connection.</summary>
    /// <param name="connection">The connection; the session does not own it.</param>
    /// <param name="dialect">The engine's dialect.</param>
    /// <param name="prepare">Whether commands are prepared and kept; false for connections that a pool takes back.</param>
    public SqlSession(DbConnection connection, SqlDialect dialect, bool prepare)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(dialect);
        Connection = connection;
        Dialect = dialect;
        if (prepare)
        {
            _byReference = new(ReferenceEqualityComparer.Instance);
            _byText = new(StringComparer.Ordinal);
        }
    }

    /// <summary>The connection below.</summary>
    public DbConnection Connection { get; }

    /// <summary>The engine's dialect.</summary>
    public SqlDialect Dialect { get; }

    /// <summary>
    /// The first statement that failed since this was last cleared. PostgreSQL answers COMMIT after a failed statement with a silent
    /// rollback, so a write may not go on as if nothing had happened.
    /// </summary>
    internal DbException? FailedStatement { get; private set; }

    /// <summary>Forgets the failed statement: a new transaction begins.</summary>
    internal void ClearFailedStatement() => FailedStatement = null;

    /// <summary>Runs a statement and returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        DbCommand command = Bind(sql, arguments);
        try
        {
            return command.ExecuteNonQuery();
        }
        catch (DbException exception)
        {
            FailedStatement ??= exception;
            throw;
        }
        finally
        {
            Release(command);
        }
    }

    /// <summary>Runs several statements, unprepared: a later one may need the table that an earlier one creates.</summary>
    internal void ExecuteScript(string script)
    {
        using DbCommand command = Connection.CreateCommand();
        command.CommandText = script;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a query and maps every row; the result is read whole before it returns.</summary>
    /// <remarks>Integers are read with <see cref="DbDataReader.GetInt64"/>, the only integer type the schema uses.</remarks>
    public List<T> Query<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        ArgumentNullException.ThrowIfNull(map);
        DbCommand command = Bind(sql, arguments);
        try
        {
            using DbDataReader reader = command.ExecuteReader();
            List<T> rows = [];
            while (reader.Read())
            {
                rows.Add(map(reader));
            }

            return rows;
        }
        catch (DbException exception)
        {
            FailedStatement ??= exception;
            throw;
        }
        finally
        {
            Release(command);
        }
    }

    /// <summary>Runs a query and maps its first row, or returns the default of <typeparamref name="T"/> when there is none.</summary>
    /// <remarks>Map to a nullable type where a missing row and a default value must differ.</remarks>
    public T? QueryFirst<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        ArgumentNullException.ThrowIfNull(map);
        DbCommand command = Bind(sql, arguments);
        try
        {
            using DbDataReader reader = command.ExecuteReader();
            T? first = reader.Read() ? map(reader) : default;
            while (reader.Read())
            {
                // A statement with RETURNING has done its work only when it has been stepped to its end.
            }

            return first;
        }
        catch (DbException exception)
        {
            FailedStatement ??= exception;
            throw;
        }
        finally
        {
            Release(command);
        }
    }

    /// <summary>The asynchronous form of <see cref="Query{T}"/>, for readers.</summary>
    public ValueTask<List<T>> QueryAsync<T>(
        string sql,
        Func<DbDataReader, T> map,
        CancellationToken cancellationToken,
        params ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        ArgumentNullException.ThrowIfNull(map);
        return ReadAsync(Bind(sql, arguments), map, cancellationToken);
    }

    /// <summary>Disposes the prepared commands; the connection stays open.</summary>
    public void Dispose()
    {
        if (_byText is null)
        {
            return;
        }

        foreach (DbCommand command in _byText.Values)
        {
            command.Dispose();
        }

        _byText.Clear();
        _byReference!.Clear();
    }

    private async ValueTask<List<T>> ReadAsync<T>(DbCommand command, Func<DbDataReader, T> map, CancellationToken cancellationToken)
    {
        try
        {
            DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                List<T> rows = [];
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(map(reader));
                }

                return rows;
            }
        }
        finally
        {
            Release(command);
        }
    }

    private DbCommand Bind(string sql, ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        ArgumentNullException.ThrowIfNull(sql);
        if (_byText is null)
        {
            return Create(sql, arguments);
        }

        if (_byReference!.TryGetValue(sql, out DbCommand? prepared) || _byText.TryGetValue(sql, out prepared))
        {
            Rebind(prepared, arguments);
            return prepared;
        }

        if (_byText.Count >= MaximumPreparedCommands)
        {
            Dispose();
        }

        DbCommand command = Create(sql, arguments);
        command.Prepare();
        _byText.Add(sql, command);
        _byReference.Add(sql, command);
        return command;
    }

    private DbCommand Create(string sql, ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        DbCommand command = Connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, SqlValue value) in arguments)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.DbType = value.Type;
            parameter.Value = value.ToProviderValue();
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static void Rebind(DbCommand prepared, ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        if (prepared.Parameters.Count != arguments.Length)
        {
            throw new ArgumentException($"A prepared statement had {prepared.Parameters.Count} arguments and has {arguments.Length} now: pass the same ones for the same text.", nameof(arguments));
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            (string name, SqlValue value) = arguments[i];
            DbParameter parameter = prepared.Parameters[i];
            if (parameter.ParameterName != name || parameter.DbType != value.Type)
            {
                throw new ArgumentException(
                    $"Argument {i} of a prepared statement was {parameter.ParameterName} of type {parameter.DbType} and is now {name} of type {value.Type}: keep order and types.",
                    nameof(arguments));
            }

            parameter.Value = value.ToProviderValue();
        }
    }

    private void Release(DbCommand command)
    {
        if (_byText is null)
        {
            command.Dispose();
        }
    }
}
