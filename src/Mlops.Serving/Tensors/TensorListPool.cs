namespace Mlops.Serving;

/// <summary>Lists of tensors that nobody uses, with their memory.</summary>
internal sealed class TensorListPool
{
    // More calls at once still get a list each; theirs are left to the garbage collector.
    private readonly TensorList?[] _idle = new TensorList?[Math.Max(64, 8 * Environment.ProcessorCount)];

    public TensorList Rent()
    {
        foreach (ref TensorList? place in _idle.AsSpan())
            if (place is not null && Interlocked.Exchange(ref place, null) is { } list)
                return list;

        return new TensorList();
    }

    public void Return(TensorList list)
    {
        list.Clear();
        foreach (ref TensorList? place in _idle.AsSpan())
            if (place is null && Interlocked.CompareExchange(ref place, list, null) is null)
                return;
    }
}
