using System.Data.Common;
using System.Runtime.ExceptionServices;

namespace Mlops.Storage;

/// <summary>
/// One writer thread: takes what the queue holds, runs it in one transaction, commits, then acknowledges.
/// If an item fails, the group is rolled back and what ran before it is committed again without it; only if that fails too are the
/// items replayed one by one, so that each stands or falls alone. A savepoint per item would cost more than half of the
/// throughput, and a full disk would roll back the whole group anyway.
/// </summary>
internal sealed class GroupCommitWriter
{
    private const int MaximumGroupItems = 1024;
    private const int MaximumAttempts = 20;

    // Long enough to amortise a commit, short enough that other processes get at a shared file in between.
    private static readonly TimeSpan MaximumHold = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan StayOff = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan IdleGap = TimeSpan.FromMilliseconds(1);

    private readonly WriteQueue _queue;
    private readonly Func<WriterConnection> _open;
    private readonly SqlDialect _dialect;
    private readonly bool _yields;
    private readonly TimeProvider _time;
    private readonly Action<TimeSpan> _sleep;
    private readonly List<WriteItem> _group = [];
    private readonly List<WriteItem> _alone = [];
    private readonly Thread _thread;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriterConnection? _connection;
    private TimeSpan _held;
    private long _lastEnd;

    /// <param name="queue">The shared queue.</param>
    /// <param name="open">Opens this thread's connection.</param>
    /// <param name="dialect">The engine's dialect.</param>
    /// <param name="yields">Whether a transaction locks out other processes, which must then be let in between.</param>
    /// <param name="name">The thread's name.</param>
    /// <param name="time">Measures how long the lock is held; null for the machine's monotonic clock.</param>
    /// <param name="sleep">Keeps the thread off the lock; null for <see cref="Thread.Sleep(TimeSpan)"/>.</param>
    public GroupCommitWriter(
        WriteQueue queue, Func<WriterConnection> open, SqlDialect dialect, bool yields, string name, TimeProvider? time = null, Action<TimeSpan>? sleep = null)
    {
        _queue = queue;
        _open = open;
        _dialect = dialect;
        _yields = yields;
        _time = time ?? TimeProvider.System;
        _sleep = sleep ?? Thread.Sleep;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>How far an attempt got before it failed, which decides what may be repeated.</summary>
    private enum Stage
    {
        /// <summary>No connection.</summary>
        Connecting,

        /// <summary>No transaction: other processes held the lock for as long as a write may wait.</summary>
        Beginning,

        /// <summary>An item's delegate or one of its statements.</summary>
        Running,

        /// <summary>COMMIT was refused: nothing was written.</summary>
        Committing,

        /// <summary>The connection was lost during COMMIT.</summary>
        Unknown,
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
                FailAll(_alone, exception);
                Abandon();
            }
        }

        Abandon();
        _stopped.SetResult();
    }

    private void CommitGroup(WriteItem first)
    {
        _group.Clear();
        _group.Add(first);
        if (TryCommit(_group, grow: true) is not { } failure)
        {
            return;
        }

        if (IsRepeatable(failure))
        {
            if (TryCommit(_group, grow: false, afterConflict: true) is { } again)
            {
                RunOneByOne(again);
            }
        }
        else if (failure.Stage == Stage.Running)
        {
            RunWithout(failure);
        }
        else
        {
            RunOneByOne(failure);
        }
    }

    /// <summary>The last item of the group has failed by itself; those before it had run.</summary>
    private void RunWithout(Failure failure)
    {
        WriteItem failed = _group[^1];
        _group.RemoveAt(_group.Count - 1);
        if (_group.Count == 0)
        {
            failed.Fail(Translate(failure));
            return;
        }

        if (TryCommit(_group, grow: false) is { } again)
        {
            RunOneByOne(again);
        }

        // What it saw of the others was not committed then; now it is.
        RunAlone(failed, afterConflict: false);
    }

    private void RunOneByOne(Failure seen)
    {
        if (!IsRepeatable(seen) && (_group.Count == 1 || seen.Stage is Stage.Connecting or Stage.Beginning or Stage.Unknown))
        {
            FailAll(_group, Translate(seen));
            return;
        }

        for (int i = 0; i < _group.Count; i++)
        {
            if (RunAlone(_group[i], IsRepeatable(seen)) is { Stage: Stage.Connecting } unreachable)
            {
                // A thousand items would wait for a thousand timeouts.
                FailAll(_group[(i + 1)..], Translate(unreachable));
                return;
            }

            while (_queue.TryTakeUrgent(out WriteItem? urgent))
            {
                RunAlone(urgent, afterConflict: false);
            }
        }
    }

    /// <summary>Answers the item; returns why it failed, or null.</summary>
    private Failure? RunAlone(WriteItem item, bool afterConflict)
    {
        _alone.Clear();
        _alone.Add(item);
        for (int attempt = 1; ; attempt++)
        {
            if (TryCommit(_alone, grow: false, afterConflict || attempt > 1) is not { } failure)
            {
                return null;
            }

            if (!IsRepeatable(failure) || attempt == MaximumAttempts)
            {
                item.Fail(Translate(failure));
                return failure;
            }

            Thread.Sleep(attempt);
        }
    }

    /// <summary>Runs the items in one transaction, takes more from the queue if asked to, commits and acknowledges; null when all went well.</summary>
    private Failure? TryCommit(List<WriteItem> items, bool grow, bool afterConflict = false)
    {
        if (_yields)
        {
            LetOthersIn();
        }

        Durability level = items.Max(static item => item.Durability);
        var stage = Stage.Connecting;
        long began = 0;
        try
        {
            WriterConnection connection = Connect();
            stage = Stage.Beginning;
            if (afterConflict)
            {
                connection.BeginAfterConflict(level);
            }
            else
            {
                connection.Begin(level);
            }

            stage = Stage.Running;
            began = _time.GetTimestamp();
            foreach (WriteItem item in items)
            {
                Execute(item, connection.Session);
            }

            while (grow
                && items.Count < MaximumGroupItems
                && _time.GetElapsedTime(began) + _held < MaximumHold
                && _queue.TryTake(level, out WriteItem? next))
            {
                items.Add(next);
                Execute(next, connection.Session);
            }

            stage = Stage.Committing;
            connection.Commit();
        }
        catch (Exception exception)
        {
            bool lost = _connection is not { IsUsable: true };
            Rollback();
            if (stage > Stage.Beginning)
            {
                // Others were locked out all the same.
                Held(began);
            }

            return new Failure(exception, lost && stage == Stage.Committing ? Stage.Unknown : stage, lost);
        }

        TimeSpan took = Held(began);
        StorageInstruments.RecordCommit(_dialect.Name, level, items.Count, took);
        foreach (WriteItem item in items)
        {
            item.Complete();
        }

        return null;
    }

    private static void Execute(WriteItem item, SqlSession session)
    {
        session.ClearFailedStatement();
        item.Execute(session);
        if (session.FailedStatement is { } caught)
        {
            ExceptionDispatchInfo.Throw(caught);
        }
    }

    /// <summary>Notes that a transaction has ended; returns how long it took.</summary>
    private TimeSpan Held(long began)
    {
        TimeSpan took = _time.GetElapsedTime(began);
        _held = _yields ? _held + took : TimeSpan.Zero;
        _lastEnd = _time.GetTimestamp();
        return took;
    }

    /// <summary>Transactions that follow each other without a gap count as one hold of the lock.</summary>
    private void LetOthersIn()
    {
        if (_time.GetElapsedTime(_lastEnd) >= IdleGap)
        {
            _held = TimeSpan.Zero;
        }
        else if (_held >= MaximumHold)
        {
            _sleep(StayOff);
            _held = TimeSpan.Zero;
        }
    }

    private WriterConnection Connect()
    {
        if (_connection is { IsUsable: true })
        {
            return _connection;
        }

        Abandon();
        _connection = _open();
        return _connection;
    }

    private void Rollback()
    {
        try
        {
            _connection?.Rollback();
        }
        catch (Exception)
        {
            // The connection is in an unknown state: the next attempt opens a new one.
            Abandon();
        }
    }

    private void Abandon()
    {
        try
        {
            _connection?.Dispose();
        }
        catch (DbException)
        {
            // It was broken already.
        }

        _connection = null;
    }

    /// <summary>A deadlock, or a connection that broke before COMMIT was sent. A wait for the lock that ran out is not repeated: it was as long as allowed.</summary>
    private bool IsRepeatable(Failure failure) => failure.Stage switch
    {
        Stage.Connecting or Stage.Unknown => false,
        Stage.Beginning => failure.ConnectionLost,
        _ => failure.Exception is DbException exception && (failure.ConnectionLost || _dialect.IsConflict(exception)),
    };

    private Exception Translate(Failure failure) => failure switch
    {
        { Stage: Stage.Unknown } => new StorageException(
            $"The {_dialect.Name} connection was lost during COMMIT: {failure.Exception.Message} Read the write back by its key before repeating it.", failure.Exception)
        {
            IsTransient = true,
            OutcomeUnknown = true,
        },
        { Exception: DbException exception } => new StorageException($"Writing to the {_dialect.Name} database failed: {exception.Message}", exception)
        {
            IsTransient = failure.ConnectionLost || _dialect.IsTransient(exception),
        },
        _ => failure.Exception,
    };

    private static void FailAll(List<WriteItem> items, Exception exception)
    {
        foreach (WriteItem item in items)
        {
            item.Fail(exception);
        }
    }

    private sealed record Failure(Exception Exception, Stage Stage, bool ConnectionLost);
}
