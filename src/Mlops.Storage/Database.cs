using System.Data;
using System.Data.Common;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Storage;

/// <summary>
/// The one relational database a host's features store in: pooled readers, and writes that queue for a group commit.
/// Opens itself, and applies the migrations of the features that use it, at the first call. Thread-safe.
/// </summary>
public abstract partial class Database : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly WriteQueue _queue;
    private readonly List<GroupCommitWriter> _writers = [];
    private readonly Dictionary<string, MigrationSet> _required = new(StringComparer.Ordinal);
    private readonly HashSet<string> _applied = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _migrating = new(1, 1);
    private readonly string _process = ProcessPresence.NewName();
    private HeldLease? _presence;
    private Task? _closing;
    private bool _started;
    private volatile bool _ready;
    private volatile bool _disposed;

    /// <summary>Prepares the database without touching it.</summary>
    protected Database(SqlDialect dialect, DatabaseOptions options)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(options);
        DatabaseOptionsValidator.ThrowIfInvalid(options);
        Dialect = dialect;
        Options = options;
        _queue = new WriteQueue(options.QueueCapacity);
        Require(StorageSchema.Migrations);
    }

    /// <summary>What differs between the engines.</summary>
    public SqlDialect Dialect { get; }

    /// <summary>Writes that wait for a writer at the moment.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>The folder that artifacts go to unless the host names another, or null when the engine has no folder of its own.</summary>
    public virtual string? DefaultArtifactFolder => null;

    /// <summary>Where failures go that no caller sees, such as a lease that could not be renewed. Default: nowhere; a host's own in a host.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The options the database was created with.</summary>
    protected internal DatabaseOptions Options { get; }

    /// <summary>How many threads commit groups: one where the engine serialises writers.</summary>
    protected abstract int WriterCount { get; }

    /// <summary>Whether a transaction locks out other processes as a whole, so that writers leave gaps for them.</summary>
    protected abstract bool WriterLocksDatabase { get; }

    /// <summary>Adds a feature's migrations; they are applied before the next read or write. Repeating a set does nothing.</summary>
    /// <exception cref="ArgumentException">Another set of the same feature name was added before.</exception>
    public void Require(MigrationSet migrations)
    {
        ArgumentNullException.ThrowIfNull(migrations);
        lock (_gate)
        {
            if (_required.TryGetValue(migrations.Feature, out MigrationSet? known))
            {
                if (!ReferenceEquals(known, migrations))
                {
                    throw new ArgumentException($"Two different migration sets are named '{migrations.Feature}'.", nameof(migrations));
                }

                return;
            }

            _required.Add(migrations.Feature, migrations);
            _ready = false;
        }
    }

    /// <summary>Connects and applies missing migrations. Every other call does the same when it comes first.</summary>
    /// <exception cref="SchemaTooNewException">The database was changed by newer code that this version may not run beside.</exception>
    /// <exception cref="StorageException">The database cannot be reached or written.</exception>
    public ValueTask OpenAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _ready ? ValueTask.CompletedTask : MigrateAsync(cancellationToken);
    }

    /// <summary>
    /// The migrations of all features that were required so far, as one script for an empty database of this engine:
    /// for databases that are changed by hand, with <see cref="DatabaseOptions.MigrateAtStart"/> off.
    /// </summary>
    public string MigrationsToSql()
    {
        var sql = new StringBuilder(SchemaScript.CreateTable(Dialect)).Append('\n');
        foreach (MigrationSet set in Sets())
        {
            SchemaScript.Append(sql, set, 0, Dialect);
        }

        return sql.ToString();
    }

    /// <summary>Runs one read-only query on a pooled connection and maps every row.</summary>
    /// <param name="sql">A constant text with parameters <c>@name</c>.</param>
    /// <param name="map">Maps the current row; integers are read with <see cref="DbDataReader.GetInt64"/>.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <param name="arguments">The parameters, always in the same order for the same text.</param>
    public ValueTask<List<T>> QueryAsync<T>(
        string sql,
        Func<DbDataReader, T> map,
        CancellationToken cancellationToken,
        params ReadOnlySpan<(string Name, SqlValue Value)> arguments)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(map);
        return ReadCoreAsync(
            (sql, map, arguments: arguments.ToArray()),
            static (session, query, token) => session.QueryAsync(query.sql, query.map, token, query.arguments),
            cancellationToken);
    }

    /// <summary>Runs a short delegate on a pooled read-only connection, for what one query does not say, such as the lease clock.</summary>
    /// <param name="state">Everything the delegate needs.</param>
    /// <param name="work">A static delegate; it may run more than once, and the thread waits for it.</param>
    /// <param name="cancellationToken">Cancels the wait for a connection.</param>
    /// <exception cref="StorageException">The database failed.</exception>
    public async ValueTask<TResult> ReadAsync<TState, TResult>(
        TState state, Func<SqlSession, TState, TResult> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await ReadCoreAsync((state, work), static (session, read, _) => ValueTask.FromResult(read.work(session, read.state)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Queues a write; the task completes when it has been committed at the level. Writes of all callers share commits.
    /// </summary>
    /// <param name="state">Everything the delegate needs.</param>
    /// <param name="work">
    /// A static delegate that runs on a writer thread inside a transaction. It may run more than once, so it touches nothing outside
    /// the transaction and returns its result instead. An exception rolls back this write alone and reaches the caller as it is.
    /// </param>
    /// <param name="durability">What the acknowledged write survives.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits; once a writer has it, its outcome is awaited.</param>
    /// <exception cref="StorageException">The database failed; <see cref="StorageException.IsTransient"/> says whether to try again.</exception>
    public Task<TResult> WriteAsync<TState, TResult>(
        TState state,
        Func<SqlSession, TState, TResult> work,
        Durability durability = Durability.Process,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return EnqueueAsync(new WriteItem<TState, TResult>(state, work, durability), urgent: false, cancellationToken);
    }

    /// <summary>Like <see cref="WriteAsync{TState, TResult}"/>, ahead of all other writes: for leases, whose delay would stop work that runs.</summary>
    internal Task<TResult> WriteUrgentAsync<TState, TResult>(
        TState state,
        Func<SqlSession, TState, TResult> work,
        CancellationToken cancellationToken) =>
        EnqueueAsync(new WriteItem<TState, TResult>(state, work, Durability.Process), urgent: true, cancellationToken);

    /// <summary>Takes no more writes, commits those that wait, closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        Task closing;
        lock (_gate)
        {
            closing = _closing ??= Task.Run(StopAsync);
        }

        await closing.ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the connection of one writer thread.</summary>
    protected abstract WriterConnection OpenWriter();

    /// <summary>Takes a connection for one query from the pool.</summary>
    protected abstract ValueTask<SqlSession> RentReaderAsync(CancellationToken cancellationToken);

    /// <summary>Gives a connection back; it is not reused when the query failed.</summary>
    protected abstract void ReturnReader(SqlSession session, bool reusable);

    /// <summary>Closes the pooled readers, after the writers have stopped.</summary>
    protected abstract ValueTask CloseAsync();

    private async ValueTask<TResult> ReadCoreAsync<TState, TResult>(
        TState state, Func<SqlSession, TState, CancellationToken, ValueTask<TResult>> read, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            SqlSession? session = null;
            bool succeeded = false;
            try
            {
                session = await RentReaderAsync(cancellationToken).ConfigureAwait(false);
                TResult result = await read(session, state, cancellationToken).ConfigureAwait(false);
                succeeded = true;
                return result;
            }
            catch (DbException) when (attempt == 1 && session is { Connection.State: not ConnectionState.Open })
            {
                // The server has gone since the pool got this connection back. A query may be repeated.
            }
            catch (DbException exception)
            {
                throw new StorageException($"Reading from the {Dialect.Name} database failed: {exception.Message}", exception)
                {
                    IsTransient = Dialect.IsTransient(exception),
                };
            }
            finally
            {
                if (session is not null)
                {
                    ReturnReader(session, succeeded);
                }
            }
        }
    }

    private async Task<TResult> EnqueueAsync<TState, TResult>(WriteItem<TState, TResult> item, bool urgent, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await EnqueueOpenedAsync(item, urgent, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TResult> EnqueueOpenedAsync<TState, TResult>(WriteItem<TState, TResult> item, bool urgent, CancellationToken cancellationToken)
    {
        await _queue.EnqueueAsync(item, urgent, cancellationToken).ConfigureAwait(false);
        if (!cancellationToken.CanBeCanceled)
        {
            return await item.Task.ConfigureAwait(false);
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((WriteItem<TState, TResult>)state!).Cancel(token), item);
        return await item.Task.ConfigureAwait(false);
    }

    private async ValueTask MigrateAsync(CancellationToken cancellationToken)
    {
        await _migrating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            MigrationPlan plan;
            lock (_gate)
            {
                if (_ready)
                {
                    return;
                }

                List<MigrationSet> sets = Sets();
                plan = new MigrationPlan(
                    sets.FindAll(set => !_applied.Contains(set.Feature)), Options.MigrateAtStart, _process, Options.PresenceDuration, sets.ConvertAll(static set => (set.Feature, set.Version)));
                if (!_started)
                {
                    StartWriters();
                }
            }

            await MigrateAsync(plan, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _migrating.Release();
        }
    }

    private async ValueTask MigrateAsync(MigrationPlan plan, CancellationToken cancellationToken)
    {
        var leases = new LeaseTable(this);
        long sent = leases.TimeProvider.GetTimestamp();
        Lease lease = await EnqueueOpenedAsync(
            new WriteItem<MigrationPlan, Lease>(plan, static (session, plan) => Migrator.Run(session, plan), Durability.Power), urgent: true, cancellationToken)
            .ConfigureAwait(false);
        lock (_gate)
        {
            _applied.UnionWith(plan.Sets.Select(static set => set.Feature));
            _ready = _applied.Count == _required.Count;
            if (_presence is null)
            {
                _presence = new HeldLease(leases, lease, sent);
                _presence.Lost.UnsafeRegister(static database => ((Database)database!).Reopen(), this);
            }
        }
    }

    /// <summary>Others may have changed the schema while this process did not show itself: the next call looks again.</summary>
    private void Reopen()
    {
        lock (_gate)
        {
            _applied.Clear();
            _presence = null;
            _ready = false;
        }
    }

    private List<MigrationSet> Sets()
    {
        lock (_gate)
        {
            return [.. _required.Values.OrderBy(static set => set.Feature != StorageSchema.Feature).ThenBy(static set => set.Feature, StringComparer.Ordinal)];
        }
    }

    private async Task StopAsync()
    {
        HeldLease? presence;
        bool started;
        lock (_gate)
        {
            presence = _presence;
        }

        if (presence is not null)
        {
            await presence.DisposeAsync().ConfigureAwait(false);
        }

        lock (_gate)
        {
            _disposed = true;
            started = _started;
        }

        _queue.Close();
        if (started)
        {
            await Task.WhenAll(_writers.ConvertAll(static writer => writer.Stopped)).ConfigureAwait(false);
        }

        await CloseAsync().ConfigureAwait(false);
    }

    private void StartWriters()
    {
        _started = true;
        for (int i = 0; i < WriterCount; i++)
        {
            var writer = new GroupCommitWriter(_queue, OpenWriter, Dialect, WriterLocksDatabase, $"{Dialect.Name} writer {i}");
            _writers.Add(writer);
            writer.Start();
        }
    }
}
