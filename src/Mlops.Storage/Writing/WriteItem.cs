namespace Mlops.Storage;

/// <summary>One queued write. It may run more than once, and publishes its result only after the commit.</summary>
internal abstract class WriteItem
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private int _state;

    protected WriteItem(Durability durability) => Durability = durability;

    public Durability Durability { get; }

    /// <summary>Claims the item for the writer; false when its caller has cancelled it first.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Withdraws the item; false when the writer has it already and the outcome must be awaited.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

    public abstract void Execute(SqlSession session);

    public abstract void Complete();

    public abstract void Fail(Exception exception);
}

internal sealed class WriteItem<TState, TResult>(TState state, Func<SqlSession, TState, TResult> work, Durability durability)
    : WriteItem(durability)
{
    // Continuations leave the writer thread: a caller's code must never run between two commits.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult _result = default!;

    public Task<TResult> Task => _completion.Task;

    public override void Execute(SqlSession session) => _result = work(session, state);

    public override void Complete() => _completion.TrySetResult(_result);

    public override void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel(CancellationToken cancellationToken)
    {
        if (TryWithdraw())
        {
            _completion.TrySetCanceled(cancellationToken);
        }
    }
}
