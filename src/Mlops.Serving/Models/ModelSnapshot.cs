namespace Mlops.Serving;

/// <summary>
/// A version with everything needed to serve it. Counts the predictions that use it; once retired it accepts no more, and the
/// last one to leave has it disposed of, never on that caller's thread.
/// </summary>
internal sealed class ModelSnapshot
{
    private const int Retired = int.MinValue;   // the sign bit; the other bits count users
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IModelSession _session;
    private int _users;

    public ModelSnapshot(ServedVersion version, IModelSession session, int output, ExecutorContext context)
    {
        _session = session;
        Version = version;
        Signature = session.Signature;
        Output = output;
        Executor = new ModelExecutor(this, session, context);
    }

    public ServedVersion Version { get; }

    public ModelSignature Signature { get; }

    /// <summary>Position of the output that the predictor reads by default.</summary>
    public int Output { get; }

    /// <summary>Runs its calls.</summary>
    public ModelExecutor Executor { get; }

    /// <summary>How many use it.</summary>
    public int Users => Volatile.Read(ref _users) & ~Retired;

    /// <summary>Completes when the session has been disposed of.</summary>
    public Task Disposed => _disposed.Task;

    public bool TryAcquire()
    {
        int users = Volatile.Read(ref _users);
        while (users >= 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
                return true;
            users = seen;
        }

        return false;
    }

    /// <summary>Counts another user on behalf of one who has not released it yet.</summary>
    public void Keep() => Interlocked.Increment(ref _users);

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == Retired)
            DisposeInBackground();
    }

    /// <summary>Called once, when the snapshot is no longer reachable for new predictions.</summary>
    public void Retire()
    {
        if (Interlocked.Or(ref _users, Retired) == 0)
            DisposeInBackground();
    }

    /// <summary>From now on every call runs alone; the reason is shown.</summary>
    public void ForbidBatching(string reason) => Executor.ForbidBatching(reason);

    private void DisposeInBackground() =>
        ThreadPool.UnsafeQueueUserWorkItem(static snapshot => snapshot.DisposeNow(), this, preferLocal: false);

    private void DisposeNow()
    {
        try
        {
            Executor.Dispose();
            _session.Dispose();
            _disposed.TrySetResult();
        }
        catch (Exception exception)
        {
            _disposed.TrySetException(exception);
        }
    }
}
