using System.Numerics;

namespace Mlops.Serving;

/// <summary>
/// Calls of a version that can share runs, because their inputs have the same sizes and they want the same outputs: how they lie in a slot,
/// idle slots by size, and whether sharing pays. Thread-safe.
/// </summary>
internal sealed class CallGroup(ModelExecutor executor, RequestLayout layout, BatchController controller) : IDisposable
{
    private const int KeptSizes = 11;   // Slots of up to 1,024 rows; larger ones serve one call.
    private readonly Spares<RunSlot>?[] _idle = new Spares<RunSlot>?[KeptSizes];
    private volatile bool _isClosed;

    public RequestLayout Layout => layout;

    public BatchController Controller => controller;

    /// <summary>When it was used last, in milliseconds of the system's tick count.</summary>
    public long LastUse { get; set; }

    public RunSlot Rent(int rows)
    {
        int size = SizeOf(rows);
        return SparesOf(size)?.TryTake() ?? executor.CreateSlot(this, size < KeptSizes ? 1 << size : rows);
    }

    public void Return(RunSlot slot)
    {
        Spares<RunSlot>? idle = SparesOf(SizeOf(slot.Capacity));
        if (!slot.IsSound || idle is null || !idle.TryKeep(slot))
            executor.Discard(slot);
        else if (_isClosed)
            Dispose();
    }

    /// <summary>Frees the idle slots; those in use are freed when they come back.</summary>
    public void Dispose()
    {
        _isClosed = true;
        foreach (Spares<RunSlot>? idle in _idle)
            while (idle?.TryTake() is { } slot)
                executor.Discard(slot);
    }

    private static int SizeOf(int rows) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)rows));

    private Spares<RunSlot>? SparesOf(int size)
    {
        if (size >= KeptSizes)
            return null;

        ref Spares<RunSlot>? idle = ref _idle[size];
        if (idle is null)
            Interlocked.CompareExchange(ref idle, new Spares<RunSlot>(Math.Max(8, 2 * Environment.ProcessorCount)), null);
        return idle;
    }
}
