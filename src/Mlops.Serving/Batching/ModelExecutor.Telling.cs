namespace Mlops.Serving;

internal sealed partial class ModelExecutor
{
    private static readonly TimeSpan GuardInterval = TimeSpan.FromMilliseconds(5);
    private readonly CallerTimes _callers;
    private ITimer? _guard;
    private volatile bool _isGuarded;

    /// <summary>Has the answered callers of a batch go on: here while they do so for a short time, else each wherever the pool has room.</summary>
    /// <returns>False when another thread has taken the runner over meanwhile.</returns>
    private bool TellCallers(Runner runner)
    {
        AnswerPass pass = runner.Answered;
        int calls = pass.Count;
        if (calls == 0)
            return true;
        if (!Thread.CurrentThread.IsThreadPoolThread || !_callers.AreShort())
        {
            pass.Scatter();
            return true;
        }

        long begun = _time.GetTimestamp();
        long number = pass.Open();
        if (!_isGuarded)
            Guard();
        bool isOurs = pass.Run(number);
        _callers.Report(calls, _time.GetTimestamp() - begun);
        return isOurs;
    }

    // By the system's clock, whatever time the host lives in: it looks for threads that do not come back.
    private void Guard()
    {
        lock (_lock)
        {
            if (_isGuarded)
                return;
            _isGuarded = true;
            _guard ??= TimeProvider.System.CreateTimer(static executor => ((ModelExecutor)executor!).LookForStuck(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _guard.Change(GuardInterval, GuardInterval);
        }
    }

    /// <summary>Helps runners whose thread a caller keeps, and looks no more when nothing has happened.</summary>
    private void LookForStuck()
    {
        lock (_lock)
        {
            bool isBusy = false;
            foreach (Runner runner in _busy)
            {
                isBusy |= runner.Answered.Watch(out bool isWaiting);
                if (isWaiting)
                    _callers.Pause();
            }

            if (isBusy)
                return;
            _isGuarded = false;
            Interlocked.MemoryBarrier();   // whoever opens a pass looks after that whether it is guarded: one of the two sees the other
            if (_busy.Exists(static runner => runner.Answered.IsOpen))
                _isGuarded = true;
            else
                _guard!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
