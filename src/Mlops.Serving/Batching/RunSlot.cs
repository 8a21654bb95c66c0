namespace Mlops.Serving;

/// <summary>
/// A slot of the runtime with what is known of its runs. Used by one run at a time, but for <see cref="TryTerminate"/>. One that was
/// terminated, or whose run failed, is never used again.
/// </summary>
internal sealed class RunSlot(IModelSlot slot, CallGroup group, int capacity)
{
    // The lowest two bits of the state; the others count runs, so that a run cannot be ended by who meant the one before.
    private const long Idle = 0, Running = 1, Terminating = 2, Terminated = 3, PhaseBits = 3;
    private long _state;

    public IModelSlot Slot => slot;

    public CallGroup Group => group;

    /// <summary>Most rows of a run.</summary>
    public int Capacity => capacity;

    public RunTally Tally { get; } = new(capacity);

    public bool IsSound { get; set; } = true;

    /// <summary>Timestamp at which a run on a caller's thread is over time; 0 for none.</summary>
    public long Deadline;

    /// <summary>When it was asked to end, which run was, and whether it has been counted as lost; all under the executor's lock.</summary>
    public long TerminatedAt { get; set; }

    public long TerminatedRun { get; set; }

    public bool IsLost { get; set; }

    /// <summary>Runs on callers' threads that have not been reported yet.</summary>
    public int Unreported { get; set; }

    public int Overlapping { get; set; }

    public int Untimed { get; set; }

    public int LongRuns { get; set; }

    /// <summary>Names the run under way, for <see cref="TryTerminate"/>.</summary>
    public long Run => Volatile.Read(ref _state);

    public void Begin() => Volatile.Write(ref _state, (_state | PhaseBits) + 1 + Running);

    /// <summary>False when the run was asked to end, whatever it came to.</summary>
    public bool End()
    {
        var wait = new SpinWait();
        while (true)
        {
            long seen = Volatile.Read(ref _state);
            if ((seen & PhaseBits) != Terminating && Interlocked.CompareExchange(ref _state, seen & ~PhaseBits | Idle, seen) == seen)
            {
                IsSound &= (seen & PhaseBits) == Running;
                return (seen & PhaseBits) == Running;
            }

            wait.SpinOnce();   // who terminates still uses the slot
        }
    }

    /// <summary>Asks the run to end if it is still under way; may be repeated, for a runtime that was not ready to hear it.</summary>
    public bool TryTerminate(long run)
    {
        if ((run & PhaseBits) is not (Running or Terminated))
            return false;
        long terminating = run & ~PhaseBits | Terminating;
        if (Interlocked.CompareExchange(ref _state, terminating, run) != run)
            return false;

        try
        {
            slot.Terminate();
        }
        finally
        {
            Volatile.Write(ref _state, run & ~PhaseBits | Terminated);
        }

        return true;
    }
}
