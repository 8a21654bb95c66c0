using System.Data.Common;
using System.Diagnostics;

namespace Mlops.Storage;

/// <summary>
/// One writer thread: takes what the queue holds, runs it in one transaction, commits, then acknowledges.
/// If an item fails, the group is rolled back and its items are replayed one by one, so that each stands or falls alone;
/// a savepoint per item would cost more than half of the throughput, and a full disk would roll back the whole group anyway.
/// </summary>
internal sealed class GroupCommitWriter
{
    private const int MaximumGroupItems = 1024;
    private const int MaximumTransientRetries = 5;

    // Long enough to amortise a commit, short enough that other processes get at a shared file in between.
    private static readonly TimeSpan MaximumHold = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan StayOff = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan IdleGap = TimeSpan.FromMilliseconds(1);

    private readonly WriteQueue _queue;
    private readonly Func<WriterConnection> _open;
    private readonly SqlDialect _dialect;
    private readonly bool _yields;
    private readonly List<WriteItem> _group = [];
    private readonly Thread _thread;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriterConnection? _connection;
    private TimeSpan _held;
    private long _lastCommit;

    /// <param name="queue">The shared queue.</param>
    /// <param name="open">Opens this thread's connection.</param>
    /// <param name="dialect">The engine's dialect.</param>
    /// <param name="yields">Whether a transaction locks out other processes, which must then be let in between.</param>
    /// <param name="name">The thread's name.</param>
    public GroupCommitWriter(WriteQueue queue, Func<WriterConnection> open, SqlDialect dialect, bool yields, string name)
    {
        _queue = queue;
        _open = open;
        _dialect = dialect;
        _yields = yields;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Completes when the queue has been drained after it was closed.</summary>
    public Task Stopped => _stopped.Task;

    public void Start() => _thread.Start();

    private void Run()
    {
        while (_queue.Take() is { } first)
        {
            try
            {
                CommitGroup(first);
            }
            catch (Exception exception)
            {
                // Nothing may end the thread: whatever has not been answered is answered with the failure.
                FailAll(_group, exception);
            }
        }

        _connection?.Dispose();
        _stopped.SetResult();
    }

    private void CommitGroup(WriteItem first)
    {
        _group.Clear();
        _group.Add(first);
        if (_yields)
        {
            LetOthersIn();
        }

        long started = Stopwatch.GetTimestamp();
        try
        {
            WriterConnection connection = Connect();
            connection.Begin(first.Durability);
            started = Stopwatch.GetTimestamp();
            first.Execute(connection.Session);
            while (_group.Count < MaximumGroupItems
                && Stopwatch.GetElapsedTime(started) + _held < MaximumHold
                && _queue.TryTake(first.Durability, out WriteItem? next))
            {
                _group.Add(next);
                next.Execute(connection.Session);
            }
        }
        catch (Exception exception)
        {
            Rollback();
            Replay(exception);
            return;
        }

        try
        {
            _connection.Commit();
        }
        catch (Exception exception)
        {
            bool reachable = _connection.IsUsable;
            Rollback();
            if (reachable)
            {
                Replay(exception);
            }
            else
            {
                FailAll(_group, Unknown(exception));
            }

            return;
        }

        if (_yields)
        {
            _held += Stopwatch.GetElapsedTime(started);
        }

        _lastCommit = Stopwatch.GetTimestamp();
        CompleteAll(_group);
    }

    /// <summary>Commits that follow each other without a gap count as one hold of the lock.</summary>
    private void LetOthersIn()
    {
        if (Stopwatch.GetElapsedTime(_lastCommit) >= IdleGap)
        {
            _held = TimeSpan.Zero;
        }
        else if (_held >= MaximumHold)
        {
            Thread.Sleep(StayOff);
            _held = TimeSpan.Zero;
        }
    }

    private void Replay(Exception seen)
    {
        _held = TimeSpan.Zero;
        if (_group.Count == 1 && !IsTransient(seen))
        {
            FailAll(_group, Translate(seen));
            return;
        }

        foreach (WriteItem item in _group)
        {
            RunAlone(item);
        }
    }

    private void RunAlone(WriteItem item)
    {
        for (int attempt = 1; ; attempt++)
        {
            bool committing = false;
            try
            {
                WriterConnection connection = Connect();
                connection.Begin(item.Durability);
                item.Execute(connection.Session);
                committing = true;
                connection.Commit();
                item.Complete();
                return;
            }
            catch (Exception exception)
            {
                bool unknown = committing && _connection is { IsUsable: false };
                Rollback();
                if (unknown)
                {
                    item.Fail(Unknown(exception));
                    return;
                }

                if (!IsTransient(exception) || attempt == MaximumTransientRetries)
                {
                    item.Fail(Translate(exception));
                    return;
                }

                Thread.Sleep(attempt);
            }
        }
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_connection))]
    private WriterConnection Connect()
    {
        if (_connection is { IsUsable: true })
        {
            return _connection;
        }

        _connection?.Dispose();
        _connection = null;
        _connection = _open();
        return _connection;
    }

    private void Rollback()
    {
        try
        {
            _connection?.Rollback();
        }
        catch (DbException)
        {
            // The connection is in an unknown state: the next group opens a new one.
            _connection?.Dispose();
            _connection = null;
        }
    }

    private bool IsTransient(Exception exception) => exception is DbException database && _dialect.IsTransient(database);

    private Exception Translate(Exception exception) => exception is DbException database
        ? new StorageException($"Writing to the {_dialect.Name} database failed: {database.Message}", database) { IsTransient = _dialect.IsTransient(database) }
        : exception;

    private StorageException Unknown(Exception exception) => new(
        $"The {_dialect.Name} connection was lost during COMMIT: {exception.Message} Read the write back by its key before repeating it.", exception)
    {
        IsTransient = true,
        OutcomeUnknown = true,
    };

    private static void CompleteAll(List<WriteItem> items)
    {
        foreach (WriteItem item in items)
        {
            item.Complete();
        }
    }

    private static void FailAll(List<WriteItem> items, Exception exception)
    {
        foreach (WriteItem item in items)
        {
            item.Fail(exception);
        }
    }
}
