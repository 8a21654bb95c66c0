using System.Threading.Tasks.Sources;

namespace Mlops.Serving;

/// <summary>Where a queued call is. Changes under the executor's lock.</summary>
internal enum CallPhase
{
    /// <summary>Waits; may be withdrawn.</summary>
    Queued,

    /// <summary>Its inputs are being read; a withdrawal is noted and heeded after.</summary>
    Copying,

    /// <summary>In the hands of a runner that runs others of its batch first; may be withdrawn.</summary>
    Parked,

    /// <summary>In the runtime, its inputs copied; may be withdrawn.</summary>
    Running,

    /// <summary>Its caller is being told, or has been.</summary>
    Done,
}

/// <summary>
/// One call that waits for its run. Kept for reuse, by an owner or among the executor's spares: it is ready again when its caller has taken the
/// result, and a caller that never asks leaves it to the garbage collector.
/// </summary>
internal sealed class ModelCall(ModelExecutor executor, bool isOwned) : IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private Exception? _failure;
    private CancellationTokenRegistration _cancellation;
    private bool _isRegistered;

    public ModelCall? Next { get; set; }

    public ModelCall? Previous { get; set; }

    public CallPhase Phase { get; set; }

    /// <summary>Why it ends, when that became known while its inputs were read.</summary>
    public Exception? Withdrawal { get; set; }

    /// <summary>The runner that has it, and its place there.</summary>
    public Runner? Runner { get; set; }

    public int Index { get; set; }

    /// <summary>Place of its first row in the run.</summary>
    public int FirstRow { get; set; }

    public CallGroup Group { get; private set; } = null!;

    public TensorRequest Request { get; private set; } = null!;

    public CallAnswer Answer { get; private set; } = null!;

    public int Rows { get; private set; }

    public CallTerms Terms { get; private set; }

    public long QueuedAt { get; private set; }

    public CancellationToken CancellationToken { get; private set; }

    public ValueTask Task => new(this, _core.Version);

    public void Begin(CallGroup group, TensorRequest request, CallAnswer answer, int rows, in CallTerms terms, long now)
    {
        Group = group;
        Request = request;
        Answer = answer;
        Rows = rows;
        Terms = terms;
        QueuedAt = now;
        Phase = CallPhase.Queued;
    }

    /// <summary>Called by the caller once the call is queued, before it can ask for the result.</summary>
    public void Register(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return;

        CancellationToken = cancellationToken;
        _isRegistered = true;
        _cancellation = cancellationToken.UnsafeRegister(static call => ((ModelCall)call!).Cancel(), this);
    }

    /// <summary>
    /// Has the caller go on, on a thread of its own: at the end of the pool's common queue, where a runner queues behind it, so that callers who come back at
    /// once are in the next batch together. <see cref="Execute"/> has it go on here.
    /// </summary>
    public void Succeed() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Fail(Exception exception)
    {
        _failure = exception;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        if (_failure is { } failure)
            _core.SetException(failure);
        else
            _core.SetResult(true);
    }

    public void GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            if (token == _core.Version)
                Recycle();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Readies it for another call; nobody else may know it any more.</summary>
    public void Recycle()
    {
        if (_isRegistered)
        {
            _cancellation.Dispose();   // waits for a cancellation that is under way, which still uses this
            _cancellation = default;
            _isRegistered = false;
            CancellationToken = default;
        }

        Group = null!;
        Request = null!;
        Answer = null!;
        Withdrawal = null;
        _failure = null;
        Runner = null;
        _core.Reset();
        if (!isOwned)
            executor.Keep(this);
    }

    private void Cancel() => executor.Cancel(this);
}
