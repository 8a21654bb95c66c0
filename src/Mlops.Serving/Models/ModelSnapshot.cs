namespace Mlops.Serving;

/// <summary>
/// A version with everything needed to serve it. Counts the predictions that use it; once retired it accepts no more, and the
/// last one to leave has it disposed of, never on that caller's thread.
/// </summary>
internal sealed class ModelSnapshot(ServedVersion version, IModelSession session, int output)
{
    private const int Retired = int.MinValue;   // the sign bit; the other bits count users
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _users;

    public ServedVersion Version => version;

    public ModelSignature Signature { get; } = session.Signature;

    /// <summary>Position of the output that the predictor reads by default.</summary>
    public int Output => output;

    public SlotPool Slots { get; } = new(session);

    public IModelSlot CreateSlot(SlotShape shape) => session.CreateSlot(shape);

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
    public void ForbidBatching(string reason) => Version.CannotBatch = reason;

    private void DisposeInBackground() =>
        ThreadPool.UnsafeQueueUserWorkItem(static snapshot => snapshot.DisposeNow(), this, preferLocal: false);

    private void DisposeNow()
    {
        try
        {
            Slots.Dispose();
            session.Dispose();
            _disposed.TrySetResult();
        }
        catch (Exception exception)
        {
            _disposed.TrySetException(exception);
        }
    }
}
