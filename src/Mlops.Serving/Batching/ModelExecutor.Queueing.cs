namespace Mlops.Serving;

internal sealed partial class ModelExecutor
{
    private const int BatchesPerTurn = 16;   // of the pool's thread, before others get theirs
    private const int LookedAt = 256;        // calls that are looked at to fill one batch
    private readonly Lock _lock = new();
    private readonly CallQueue _queue = new();
    private readonly List<Runner> _busy = [];
    private readonly Stack<Runner> _idle = [];
    private readonly Spares<ModelCall> _calls = new(Math.Max(256, 16 * Environment.ProcessorCount));
    private readonly int _concurrency;
    private readonly ModelTotals _past = new();
    private ITimer? _delay;
    private bool _isDelayed;
    private int _active;
    private long _failures;
    private long _failureTicks;

    /// <summary>Rows that wait.</summary>
    public int QueuedRows
    {
        get
        {
            lock (_lock)
                return _queue.Rows;
        }
    }

    /// <summary>Has a call wait for its run.</summary>
    /// <param name="call">Taken for this; ready again when the result has been taken.</param>
    /// <param name="group">Calls that it can share a run with.</param>
    /// <param name="request">Inputs; read until the task completes, and not after.</param>
    /// <param name="answer">To be filled.</param>
    /// <param name="rows">Rows of the call.</param>
    /// <param name="terms">Until when, and how urgent.</param>
    /// <param name="now">Timestamp of the call.</param>
    /// <param name="cancellationToken">Withdraws the call.</param>
    /// <exception cref="ModelOverloadedException">It could not be answered in time.</exception>
    public ValueTask QueueAsync(
        ModelCall call, CallGroup group, TensorRequest request, CallAnswer answer, int rows, in CallTerms terms, long now, CancellationToken cancellationToken)
    {
        call.Begin(group, request, answer, rows, terms, now);
        List<ModelCall>? displaced = null;
        ModelOverloadedException? refusal;
        Runner? runner = null;
        lock (_lock)
        {
            refusal = Refuse(call, now, ref displaced);
            if (refusal is null)
            {
                _queue.Add(call);
                runner = TryStart(group);
            }
        }

        if (displaced is not null)
            foreach (ModelCall lower in displaced)
                lower.Fail(Failed(Overloaded("calls of higher priority took its place", TimeSpan.FromSeconds(1), ShedReason.Displaced), lower.QueuedAt));
        if (refusal is not null)
        {
            call.Recycle();
            throw Failed(refusal, now);
        }

        if (runner is not null)
            Start(runner);
        call.Register(cancellationToken);
        if (terms.HasDeadline)
            Arm(terms.Deadline);
        return call.Task;
    }

    public void Keep(ModelCall call) => _calls.TryKeep(call);

    /// <summary>The caller no longer wants the answer.</summary>
    public void Cancel(ModelCall call)
    {
        bool isTold;
        RunSlot? unwanted = null;
        long run = 0;
        lock (_lock)
            isTold = Withdraw(call, new OperationCanceledException(call.CancellationToken), ref unwanted, ref run);
        if (unwanted is not null)
            Terminate(unwanted, run);
        if (isTold)
            call.Fail(Failed(new OperationCanceledException(call.CancellationToken), call.QueuedAt));
    }

    /// <summary>Called by a runner on its thread: runs what waits, and returns when nothing does.</summary>
    public void Work(Runner runner)
    {
        for (int batch = 0; ; batch++)
        {
            Runner? other = null;
            List<ModelCall>? expired = null;
            bool hasBatch;
            lock (_lock)
            {
                hasBatch = !runner.IsReplaced && Take(runner, _time.GetTimestamp(), ref expired);
                if (!hasBatch)
                    Leave(runner);
                else if (_queue.First is { } next)
                    other = TryStart(next.Group);
            }

            if (expired is not null)
                foreach (ModelCall call in expired)
                    call.Fail(Failed(new PredictionTimeoutException(Model, call.Terms.Timeout), call.QueuedAt));
            if (other is not null)
                Start(other);
            if (!hasBatch)
                break;

            RunAll(runner);
            if (!TellCallers(runner))
                return;
            if (batch + 1 == BatchesPerTurn && !runner.IsReplaced && Thread.CurrentThread.IsThreadPoolThread)
            {
                Start(runner);
                return;
            }
        }

        _snapshot.Release();
    }

    /// <summary>Why a call is not let in; <c>null</c> when it is. Calls of lower priority may have to make room.</summary>
    private ModelOverloadedException? Refuse(ModelCall call, long now, ref List<ModelCall>? displaced)
    {
        int room = _context.Options.Batching.MaximumQueuedRows - _queue.Rows;
        if (call.Rows > room && _queue.Rows > 0)
        {
            int lower = _queue.Rows - _queue.RowsBefore(call.Terms.Priority);
            if (call.Rows > room + lower)
                return Overloaded($"{_queue.Rows} rows wait and {_context.Options.Batching.MaximumQueuedRows} may", TimeFor(call.Group, _queue.Rows), ShedReason.QueueFull);
            while (call.Rows > room && _queue.LastBelow(call.Terms.Priority) is { } last)
            {
                room += last.Rows;
                _queue.Remove(last);
                last.Phase = CallPhase.Done;
                (displaced ??= []).Add(last);
            }
        }

        // While nothing is under way it is let in, or a time once learned would never be learned again.
        if (!call.Terms.HasDeadline || _active == 0)
            return null;
        TimeSpan wait = TimeFor(call.Group, _queue.RowsBefore(call.Terms.Priority) + call.Rows);
        return wait > _time.GetElapsedTime(now, call.Terms.Deadline)
            ? Overloaded($"it would have to wait for about {wait} and has {call.Terms.Timeout}", TimeFor(call.Group, _queue.Rows), ShedReason.TooLate)
            : null;
    }

    private ModelOverloadedException Overloaded(string detail, TimeSpan retryAfter, ShedReason reason)
    {
        _context.Telemetry.RecordShed(Model, reason);
        return new ModelOverloadedException(Model, detail, retryAfter > TimeSpan.FromMilliseconds(1) ? retryAfter : TimeSpan.FromMilliseconds(1));
    }

    /// <summary>How long the runners will need for so many rows.</summary>
    private TimeSpan TimeFor(CallGroup group, int rows)
    {
        int limit = group.Controller.Limit;
        double ticks = group.Controller.Predict(limit) / limit * rows / _concurrency;
        return TimeSpan.FromSeconds(ticks / _time.TimestampFrequency);
    }

    /// <summary>A runner that the caller has to start, when one more is worth it.</summary>
    private Runner? TryStart(CallGroup group)
    {
        int limit = group.Controller.Limit;
        bool isWorth = _active == 0 ? !_isDelayed || _queue.Rows >= limit : _queue.Rows >= limit;
        if (!isWorth || _active >= _concurrency || _terminated.Count >= _context.Options.MaximumLostSlots)
            return null;

        _active++;
        _isDelayed = false;
        _snapshot.Keep();   // those who wait keep it until now
        Runner runner = _idle.Count > 0 ? _idle.Pop() : new Runner(this);
        _busy.Add(runner);
        return runner;
    }

    private void Start(Runner runner)
    {
        if (_context.Variant == Deployment.Shadow)
            RunnerThreads.Start(runner, ThreadPriority.Lowest);
        else if (_times.IsSlow || _isHanging)
            RunnerThreads.Start(runner, ThreadPriority.Normal);
        else
            ThreadPool.UnsafeQueueUserWorkItem(runner, preferLocal: false);
    }

    private void Leave(Runner runner)
    {
        _busy.Remove(runner);
        if (runner.IsReplaced)
            return;
        _active--;
        _idle.Push(runner);
    }

    /// <summary>Gives the runner the first call and those that may share its run.</summary>
    private bool Take(Runner runner, long now, ref List<ModelCall>? expired)
    {
        runner.Clear();
        while (_queue.First is { } first)
        {
            if (IsExpired(first, now, ref expired))
                continue;
            int limit = first.Group.Controller.Limit;
            if (limit > 1 && MustWait(first, limit, now))
                return false;

            Take(runner, first);
            Fill(runner, first.Group, limit - first.Rows, now, ref expired);
            return true;
        }

        return false;
    }

    private void Fill(Runner runner, CallGroup group, int room, long now, ref List<ModelCall>? expired)
    {
        ModelCall? call = _queue.First;
        for (int seen = 0; call is not null && room > 0 && seen < LookedAt; seen++)
        {
            ModelCall? next = _queue.After(call);
            if (call.Group == group && call.Rows <= room && !IsExpired(call, now, ref expired))
            {
                room -= call.Rows;
                Take(runner, call);
            }

            call = next;
        }
    }

    private void Take(Runner runner, ModelCall call)
    {
        _queue.Remove(call);
        runner.Add(call);
    }

    private bool IsExpired(ModelCall call, long now, ref List<ModelCall>? expired)
    {
        if (call.Terms.Deadline > now)
            return false;

        _queue.Remove(call);
        call.Phase = CallPhase.Done;
        (expired ??= []).Add(call);
        return true;
    }

    /// <summary>Whether the batch may still grow; a timer then starts a runner.</summary>
    private bool MustWait(ModelCall first, int limit, long now)
    {
        TimeSpan delay = _context.Options.Batching.MaximumDelay;
        if (delay <= TimeSpan.Zero || _queue.Rows >= limit)
            return false;
        TimeSpan left = delay - _time.GetElapsedTime(first.QueuedAt, now);
        if (first.Terms.HasDeadline)
            left = Min(left, _time.GetElapsedTime(now, first.Terms.Deadline) - TimeFor(first.Group, limit) * 2);
        if (left <= TimeSpan.Zero)
            return false;

        _isDelayed = true;
        _delay ??= _time.CreateTimer(static executor => ((ModelExecutor)executor!).EndDelay(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _delay.Change(Coarse(left), Timeout.InfiniteTimeSpan);
        return true;
    }

    private void EndDelay()
    {
        Runner? runner = null;
        lock (_lock)
        {
            _isDelayed = false;
            if (_queue.First is { } first)
                runner = TryStart(first.Group);
        }

        if (runner is not null)
            Start(runner);
    }

    // What timers can do, and never early.
    private static TimeSpan Coarse(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(time.TotalMilliseconds)));

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
