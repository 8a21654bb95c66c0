namespace Mlops.Serving;

/// <summary>Idle slots of one session. Renting never waits: when none is idle, another is made.</summary>
internal sealed class SlotPool(IModelSession session) : IDisposable
{
    // More callers than this at once still get a slot each; theirs are not kept.
    private readonly IModelSlot?[] _idle = new IModelSlot?[Math.Max(8, 2 * Environment.ProcessorCount)];

    public IModelSlot Rent()
    {
        foreach (ref IModelSlot? place in _idle.AsSpan())
            if (place is not null && Interlocked.Exchange(ref place, null) is { } slot)
                return slot;

        return session.CreateSlot(SlotShape.For(session.Signature, maximumRows: 1));
    }

    /// <summary>Takes a slot back; one whose run failed is not used again.</summary>
    public void Return(IModelSlot slot, bool isSound)
    {
        if (isSound)
            foreach (ref IModelSlot? place in _idle.AsSpan())
                if (place is null && Interlocked.CompareExchange(ref place, slot, null) is null)
                    return;

        slot.Dispose();
    }

    public void Dispose()
    {
        foreach (ref IModelSlot? place in _idle.AsSpan())
            Interlocked.Exchange(ref place, null)?.Dispose();
    }
}
