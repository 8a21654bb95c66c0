namespace Mlops.Serving;

internal sealed partial class ModelExecutor
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly List<RunSlot> _slots = [];
    private readonly List<RunSlot> _terminated = [];   // asked to end and not back yet
    private ITimer? _watchdog;
    private long _armedFor = CallTerms.Never;
    private volatile bool _isHanging;
    private int _lostSlots;

    /// <summary>Runs that did not end when they were asked to, and still have not.</summary>
    public int LostSlots => Volatile.Read(ref _lostSlots);

    /// <summary>A run on its caller's thread begins, with a deadline.</summary>
    private void WatchHere(RunSlot slot, long deadline)
    {
        slot.Begin();
        Interlocked.Exchange(ref slot.Deadline, deadline);   // with a fence: the watchdog either sees it or is armed for it
        Arm(deadline);
    }

    /// <summary>The run is over; false when it was asked to end.</summary>
    private static bool UnwatchHere(RunSlot slot)
    {
        Volatile.Write(ref slot.Deadline, 0);
        return slot.End();
    }

    /// <summary>
    /// Makes sure that the watchdog looks by then. It is armed for the earliest deadline only and looks for the next one when it wakes, so that calls
    /// which are answered in time seldom cost more than a comparison.
    /// </summary>
    private void Arm(long deadline)
    {
        if (deadline >= Volatile.Read(ref _armedFor))
            return;

        lock (_lock)
        {
            if (deadline >= _armedFor)
                return;
            Interlocked.Exchange(ref _armedFor, deadline);
            _watchdog ??= _time.CreateTimer(static executor => ((ModelExecutor)executor!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _watchdog.Change(Coarse(_time.GetElapsedTime(_time.GetTimestamp(), deadline)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Gives up calls whose time is over, has runs end that nobody waits for, and counts those that do not.</summary>
    private void Watch()
    {
        List<(ModelCall Call, Exception Reason)> late = [];
        List<(RunSlot Slot, long Run)> unwanted = [];
        Runner? runner = null;
        string? quarantine;
        long next;
        lock (_lock)
        {
            Interlocked.Exchange(ref _armedFor, CallTerms.Never);
            long now = _time.GetTimestamp();
            next = Math.Min(Math.Min(WatchQueue(now, late), WatchRunners(now, late, unwanted)), Math.Min(WatchCallers(now, unwanted), WatchTerminated(now, unwanted)));
            quarantine = _quarantine is null && _lostSlots >= _context.Options.MaximumLostSlots
                ? $"{_lostSlots} runs did not end in time, nor when they were asked to"
                : null;
            if (quarantine is not null)
                CloseFor(quarantine, late);
            else if (_queue.First is { } first)
                runner = TryStart(first.Group);
        }

        foreach ((RunSlot slot, long run) in unwanted)
            Terminate(slot, run);
        foreach ((ModelCall call, Exception reason) in late)
            call.Fail(Failed(reason, call.QueuedAt));
        if (runner is not null)
            Start(runner);
        if (next != CallTerms.Never)
            Arm(next);
        if (quarantine is not null)
            _context.Quarantined(_snapshot.Version, quarantine);
    }

    private long WatchQueue(long now, List<(ModelCall Call, Exception Reason)> late)
    {
        long next = CallTerms.Never;
        ModelCall? call = _queue.First;
        while (call is not null)
        {
            ModelCall? after = _queue.After(call);
            if (call.Terms.Deadline > now)
            {
                next = Math.Min(next, call.Terms.Deadline);
            }
            else
            {
                _queue.Remove(call);
                call.Phase = CallPhase.Done;
                late.Add((call, new PredictionTimeoutException(Model, call.Terms.Timeout)));
            }

            call = after;
        }

        return next;
    }

    private long WatchRunners(long now, List<(ModelCall Call, Exception Reason)> late, List<(RunSlot Slot, long Run)> unwanted)
    {
        long next = CallTerms.Never;
        foreach (Runner runner in _busy)
        {
            // Between runs its thread changes the places, and looks at the calls' deadlines itself.
            if (runner.Slot is null)
                continue;
            foreach (ModelCall? call in runner.Calls)
            {
                if (call is null || call.Phase == CallPhase.Done)
                    continue;
                if (call.Terms.Deadline > now)
                {
                    next = Math.Min(next, call.Terms.Deadline);
                    continue;
                }

                RunSlot? slot = null;
                long run = 0;
                var reason = new PredictionTimeoutException(Model, call.Terms.Timeout);
                if (Withdraw(call, reason, ref slot, ref run))
                    late.Add((call, reason));
                if (slot is not null)
                    unwanted.Add((slot, run));
            }
        }

        return next;
    }

    private long WatchCallers(long now, List<(RunSlot Slot, long Run)> unwanted)
    {
        long next = CallTerms.Never;
        foreach (RunSlot slot in _slots)
        {
            long run = slot.Run, deadline = Volatile.Read(ref slot.Deadline);
            if (deadline == 0)
                continue;
            if (deadline > now)
            {
                next = Math.Min(next, deadline);
            }
            else if (!_terminated.Contains(slot))
            {
                MarkUnwanted(slot, run);
                unwanted.Add((slot, run));
            }
        }

        return next;
    }

    private long WatchTerminated(long now, List<(RunSlot Slot, long Run)> unwanted)
    {
        long next = CallTerms.Never;
        foreach (RunSlot slot in _terminated)
        {
            TimeSpan since = _time.GetElapsedTime(slot.TerminatedAt, now);
            if (since < Grace)
            {
                next = Math.Min(next, slot.TerminatedAt + (long)(Grace.TotalSeconds * _time.TimestampFrequency));
            }
            else if (!slot.IsLost)
            {
                slot.IsLost = true;
                _lostSlots++;
                unwanted.Add((slot, slot.Run));   // once more: it may not have been ready to hear it
                ServingLog.RunLost(_context.Logger, Model, _snapshot.Version, _lostSlots);
            }
        }

        return next;
    }

    /// <summary>Under the lock. True when the caller is to be told now; a run that nobody wants any more is to be ended then.</summary>
    private bool Withdraw(ModelCall call, Exception reason, ref RunSlot? unwanted, ref long run)
    {
        switch (call.Phase)
        {
            case CallPhase.Queued:
                _queue.Remove(call);
                call.Phase = CallPhase.Done;
                return true;
            case CallPhase.Copying:
                call.Withdrawal ??= reason;
                return false;
            case CallPhase.Parked:
                call.Phase = CallPhase.Done;
                call.Runner!.Calls[call.Index] = null;
                return true;
            case CallPhase.Running:
                call.Phase = CallPhase.Done;
                Runner runner = call.Runner!;
                runner.Calls[call.Index] = null;
                if (--runner.Wanted > 0)
                    return true;

                unwanted = runner.Slot!;
                run = unwanted.Run;
                MarkUnwanted(unwanted, run);
                if (!runner.IsReplaced)
                    _active--;
                runner.IsReplaced = true;
                return true;
            default:
                return false;
        }
    }

    private void MarkUnwanted(RunSlot slot, long run)
    {
        slot.TerminatedAt = _time.GetTimestamp();
        slot.TerminatedRun = run;
        _terminated.Add(slot);
        _isHanging = true;
    }

    private void Terminate(RunSlot slot, long run)
    {
        try
        {
            if (!slot.TryTerminate(run))
            {
                // It ended by itself meanwhile, and may be serving another call.
                lock (_lock)
                    if (slot.TerminatedRun == run)
                        CameBack(slot);
                return;
            }
        }
        catch (Exception exception)
        {
            ServingLog.TerminateFailed(_context.Logger, Model, _snapshot.Version, exception);
        }

        // Whether it ends or not, somebody has to look.
        Arm(_time.GetTimestamp() + (long)(Grace.TotalSeconds * _time.TimestampFrequency));
    }

    /// <summary>Under the lock: a slot is not in use any more; true when its run had been asked to end.</summary>
    private bool CameBack(RunSlot slot)
    {
        if (!_terminated.Remove(slot))
            return false;
        if (slot.IsLost)
            _lostSlots--;
        _isHanging = _terminated.Count > 0;
        return true;
    }

    /// <summary>Under the lock: lets no call in and sends those that wait away.</summary>
    private void CloseFor(string reason, List<(ModelCall Call, Exception Reason)> late)
    {
        _quarantine = reason;
        while (_queue.First is { } call)
        {
            _queue.Remove(call);
            call.Phase = CallPhase.Done;
            late.Add((call, new ModelUnavailableException(Model, _snapshot.Version, reason)));
        }
    }
}
