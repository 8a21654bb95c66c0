namespace Mlops.Serving;

/// <summary>
/// Has the callers of a batch go on, one after the other, on the thread that ran it: that costs no hop through the pool, and those who come back at once are in
/// the next batch together. When that takes long the rest is spread over the pool, and when one of them keeps the thread, another thread takes over with the
/// runner. One pass after the other;
/// <see cref="Add"/>, <see cref="Scatter"/> and <see cref="Open"/> belong to whoever has the runner, everything else is thread-safe.
/// </summary>
internal sealed class AnswerPass(Runner runner, ModelExecutor executor) : IThreadPoolWorkItem
{
    private const int PassShift = 32;
    private const int Over = int.MaxValue;
    private ModelCall?[] _calls = new ModelCall?[16];
    private int _count;
    private long _next = Over;      // number of the pass, and whose turn it is; Over once somebody has the runner again
    private long _seen = Over;      // by the guard
    private long _spread;           // number of the pass that takes too long to go on one after the other
    private int _hasHelp;
    private volatile Thread? _teller;

    public int Count => _count;

    /// <summary>Whether somebody may still have to go on.</summary>
    public bool IsOpen => (int)Volatile.Read(ref _next) != Over;

    public void Add(ModelCall call)
    {
        if (_count == _calls.Length)
            Array.Resize(ref _calls, 2 * _count);
        _calls[_count] = call;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Has each of them go on wherever the pool has room.</summary>
    public void Scatter()
    {
        foreach (ModelCall? call in _calls.AsSpan(0, _count))
            call!.Succeed();
        _count = 0;
    }

    /// <summary>Shows the guard that they are about to go on. From here on another thread may help, and have the runner.</summary>
    /// <returns>Number of the pass.</returns>
    public long Open()
    {
        long pass = (Volatile.Read(ref _next) >> PassShift) + 1;
        Interlocked.Exchange(ref _next, pass << PassShift);   // with a fence: whoever opens it looks for the guard next
        return pass;
    }

    /// <summary>Has them go on here.</summary>
    /// <param name="pass">Number of the pass.</param>
    /// <returns>False when another thread has the runner by now, and this one must leave it alone.</returns>
    public bool Run(long pass) => Tell(pass);

    /// <summary>Has the rest spread when the pass is the one of the last look, and sends help when nobody has gone on since then.</summary>
    /// <param name="isWaiting">Whether that is because the thread waits. On a busy machine it may only have had no processor.</param>
    /// <returns>Whether anything has happened since then, or was to happen.</returns>
    public bool Watch(out bool isWaiting)
    {
        long next = Volatile.Read(ref _next);
        bool isOpen = (int)next != Over, isStuck = isOpen && next == _seen;
        if (isOpen && next >> PassShift == _seen >> PassShift)
            Volatile.Write(ref _spread, next >> PassShift);
        isWaiting = isStuck && (_teller?.ThreadState & ThreadState.WaitSleepJoin) == ThreadState.WaitSleepJoin;
        bool isBusy = next != _seen || isStuck;
        _seen = next;
        if (isStuck && Interlocked.Exchange(ref _hasHelp, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return isBusy;
    }

    /// <summary>Helps on another thread, which goes on as the runner if it is there at the end first.</summary>
    public void Execute()
    {
        Volatile.Write(ref _hasHelp, 0);
        if (Tell(Volatile.Read(ref _next) >> PassShift))
            executor.Work(runner);
    }

    /// <summary>True for the one thread that finds nobody left.</summary>
    private bool Tell(long pass)
    {
        Thread thread = Thread.CurrentThread;
        while (true)
        {
            long seen = Volatile.Read(ref _next);
            int index = (int)seen;
            if (seen >> PassShift != pass || index == Over)
                return false;

            // Read before the turn is taken: until then the pass cannot end, and what is read of a later one is thrown away.
            bool isEnd = index >= Volatile.Read(ref _count);
            ModelCall?[] calls = Volatile.Read(ref _calls);
            ModelCall? call = isEnd || index >= calls.Length ? null : calls[index];
            if (Interlocked.CompareExchange(ref _next, isEnd ? pass << PassShift | Over : seen + 1, seen) != seen)
                continue;
            if (isEnd)
            {
                _count = 0;
                return true;
            }

            if (Volatile.Read(ref _spread) == pass)
            {
                call!.Succeed();
                continue;
            }

            if (_teller != thread)
                _teller = thread;
            call!.Execute();
        }
    }
}
