namespace Mlops.Serving;

internal sealed partial class ModelExecutor
{
    private const double RerunShare = 0.1;   // of the time of all runs
    private const double FreeReruns = 0.1;   // seconds, for a version that has hardly run yet
    private const int QueuedWeight = 32;     // of calls that wait anyway, so that finding out costs them nothing
    private long _runTicks;
    private long _rerunTicks;

    /// <summary>Runs the batch of a runner and tells every call of it.</summary>
    private void RunAll(Runner runner)
    {
        try
        {
            Run(runner, start: 0, runner.Count, isRerun: false);
        }
        catch (Exception exception)
        {
            // Whatever broke, no caller may wait forever.
            Unpark(runner.Calls);
            FailAll(runner.Calls, exception, runner.Count);
        }
    }

    private void Run(Runner runner, int start, int count, bool isRerun)
    {
        if (isRerun)
            Unpark(runner.Calls.Slice(start, count));
        if (BatchPart.Of(runner, start, count, isRerun) is not { } part)
            return;

        long begun = _time.GetTimestamp();
        RunSlot? slot = null;
        Exception? failure;
        try
        {
            slot = part.Group.Rent(part.Rows);
            failure = Run(runner, part, slot, begun);
        }
        catch (Exception exception)
        {
            failure = exception;
        }
        finally
        {
            if (slot is not null)
                part.Group.Return(slot);
        }

        if (failure is not null)
            Divide(runner, part, failure);
    }

    /// <summary>What the run failed with; <c>null</c> when all of its calls have been told.</summary>
    private Exception? Run(Runner runner, BatchPart part, RunSlot slot, long begun)
    {
        foreach (ModelCall? call in part.In(runner))
            if (call is not null)
                part.Group.Layout.CopyInputs(call.Request, slot.Slot, call.FirstRow, call.Rows, part.Rows);
        if (!Begin(runner, part, slot))
            return null;

        long copied = _time.GetTimestamp();
        Exception? failure = null;
        try
        {
            slot.Slot.Run(part.Rows);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        bool isWhole = slot.End();
        long ran = _time.GetTimestamp();
        Finish(runner, part);
        Interlocked.Add(ref part.IsRerun ? ref _rerunTicks : ref _runTicks, ran - copied);
        _times.Add(1, ran - copied >= _times.LongRun ? 1 : 0);
        if (!isWhole)
            return null;   // nobody wanted it any more
        slot.IsSound &= failure is null;
        if (failure is not null)
            return failure;

        long oldest = Tell(runner, part, slot, begun, new RunTime(ran - copied, part.Rows, copied));
        long done = _time.GetTimestamp();
        slot.Tally.AddRun(part.Rows, begun, copied, ran, done);
        Learn(part, ran - copied, done - begun - (ran - copied));
        _context.Telemetry.RecordRun(Model, part.Rows, _time.GetElapsedTime(oldest, begun));
        return null;
    }

    /// <summary>
    /// The inputs are copied: from here on calls may be withdrawn, those of the batch that are not in this run too. Rows of those that were meanwhile stay
    /// in the run; only nobody is told of them. False when no call is left.
    /// </summary>
    private bool Begin(Runner runner, BatchPart part, RunSlot slot)
    {
        List<ModelCall>? withdrawn = null;
        long deadline = CallTerms.Never;
        bool isWanted;
        lock (_lock)
        {
            runner.Wanted = 0;
            Span<ModelCall?> calls = runner.Calls;
            for (int i = 0; i < calls.Length; i++)
            {
                ref ModelCall? call = ref calls[i];
                if (call is null)
                    continue;
                if (call.Withdrawal is null)
                {
                    bool runs = part.Has(i);
                    call.Phase = runs ? CallPhase.Running : CallPhase.Parked;
                    deadline = Math.Min(deadline, call.Terms.Deadline);
                    runner.Wanted += runs ? 1 : 0;
                    continue;
                }

                call.Phase = CallPhase.Done;
                (withdrawn ??= []).Add(call);
                call = null;
            }

            isWanted = runner.Wanted > 0;
            if (isWanted)
            {
                slot.Begin();
                runner.Slot = slot;
            }
        }

        if (withdrawn is not null)
            foreach (ModelCall call in withdrawn)
                call.Fail(Failed(call.Withdrawal!, call.QueuedAt));
        Arm(deadline);   // the watchdog may have looked while the inputs were copied
        return isWanted;
    }

    /// <summary>It is their turn: their places change on this thread alone again.</summary>
    private void Unpark(Span<ModelCall?> calls)
    {
        lock (_lock)
            foreach (ModelCall? call in calls)
                if (call?.Phase == CallPhase.Parked)
                    call.Phase = CallPhase.Copying;
    }

    /// <summary>From here on a withdrawal comes too late, or waits for the next run of the same call.</summary>
    private void Finish(Runner runner, BatchPart part)
    {
        lock (_lock)
        {
            runner.Slot = null;
            foreach (ModelCall? call in part.In(runner))
                if (call is not null)
                    call.Phase = CallPhase.Copying;
        }
    }

    /// <summary>Answers every call that is still wanted; returns since when the oldest has waited.</summary>
    private long Tell(Runner runner, BatchPart part, RunSlot slot, long begun, in RunTime run)
    {
        long oldest = begun, now = _time.GetTimestamp();
        FailedRun? untold = null;
        foreach (ref ModelCall? place in part.In(runner))
        {
            if (place is not { } call)
                continue;
            try
            {
                if (FindNotFinite(part.Group, slot.Slot, call.FirstRow, call.Rows, part.Rows) is { } failure)
                {
                    place = null;
                    call.Fail(Failed(failure, call.QueuedAt));
                    continue;
                }

                part.Group.Layout.CopyOutputs(slot.Slot, call.Answer, call.FirstRow, call.Rows, part.Rows);
            }
            catch (Exception exception)
            {
                // Outputs that are not as announced cannot be told apart by rows.
                if (part.Calls > 1)
                    _snapshot.ForbidBatching($"a batch failed: {exception.Message}");
                place = null;
                call.Fail(Failed(FailureOf(exception, call.Rows, part.Calls > 1 ? untold ??= new FailedRun(part.Calls) : null), call.QueuedAt));
                continue;
            }

            long queued = begun - call.QueuedAt;
            oldest = Math.Min(oldest, call.QueuedAt);
            call.Answer.SetTimes(queued, run);
            slot.Tally.AddQueuedAnswer(queued, now - call.QueuedAt);
            place = null;
            if (part.IsRerun)
                call.Succeed();   // it may be another call from here on; it does not wait for the other reruns
            else
                runner.Answered.Add(call);
        }

        return oldest;
    }

    private void Learn(BatchPart part, long ticks, long overhead)
    {
        part.Group.LastUse = Environment.TickCount64;
        if (part.Group.Controller.Mode == BatchingMode.Alone)
            part.Group.Controller.TryReportAlone(QueuedWeight * part.Calls, _snapshot.Users > part.Calls + 1 ? QueuedWeight * part.Calls : 0, part.Rows, ticks);
        else
            part.Group.Controller.ReportBatch(part.Calls, part.Rows, ticks, overhead);
    }

    /// <summary>Runs the halves of a part that failed, until the guilty call is alone. Where that would cost too much, all of them fail.</summary>
    private void Divide(Runner runner, BatchPart part, Exception failure)
    {
        double allowed = RerunShare * Volatile.Read(ref _runTicks) + FreeReruns * _time.TimestampFrequency;
        if (part.Calls == 1 || Volatile.Read(ref _rerunTicks) + part.Group.Controller.Predict(part.Rows) > allowed)
        {
            FailAll(part.In(runner), failure, part.Calls);
            return;
        }

        int half = part.Count / 2;
        Run(runner, part.Start, half, isRerun: true);
        Run(runner, part.Start + half, part.Count - half, isRerun: true);
    }

    /// <param name="calls">What is left of them.</param>
    /// <param name="failure">What the run failed with.</param>
    /// <param name="shared">Calls that were in the run.</param>
    private void FailAll(Span<ModelCall?> calls, Exception failure, int shared)
    {
        FailedRun? run = shared > 1 ? new FailedRun(shared) : null;
        foreach (ref ModelCall? place in calls)
        {
            if (place is not { } call)
                continue;
            place = null;
            call.Fail(Failed(call.Withdrawal ?? FailureOf(failure, call.Rows, run), call.QueuedAt));
        }
    }
}
