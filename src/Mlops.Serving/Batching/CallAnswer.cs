namespace Mlops.Serving;

/// <summary>What a run gives to a call: outputs and times. Kept for reuse. Not thread-safe.</summary>
internal sealed class CallAnswer
{
    /// <summary>The outputs that are wanted, in the order they were asked for, or the model's.</summary>
    public TensorList Outputs { get; } = new();

    /// <summary>Ticks that the call waited.</summary>
    public long QueueTicks { get; private set; }

    /// <summary>Ticks that its run took.</summary>
    public long ComputeTicks { get; private set; }

    /// <summary>Rows of that run, which other calls may have shared.</summary>
    public int RunRows { get; private set; }

    public void Clear() => Outputs.Clear();

    public void SetTimes(long queue, long compute, int rows)
    {
        QueueTicks = queue;
        ComputeTicks = compute;
        RunRows = rows;
    }

    public Span<byte> AddOutput(string name, TensorDataType type, ReadOnlySpan<long> shape, int byteLength) =>
        Outputs.Add().Set(name, type, shape, byteLength);
}
