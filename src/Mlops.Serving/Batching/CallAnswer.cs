namespace Mlops.Serving;

/// <summary>What a run gives to a call: outputs and times. Kept for reuse. Not thread-safe.</summary>
internal sealed class CallAnswer
{
    /// <summary>The outputs that are wanted, in the order they were asked for, or the model's.</summary>
    public TensorList Outputs { get; } = new();

    /// <summary>Ticks that the call waited.</summary>
    public long QueueTicks { get; private set; }

    /// <summary>The run that answered it.</summary>
    public RunTime Run { get; private set; }

    /// <summary>Ticks that its run took.</summary>
    public long ComputeTicks => Run.Ticks;

    /// <summary>Rows of that run, which other calls may have shared.</summary>
    public int RunRows => Run.Rows;

    public void Clear() => Outputs.Clear();

    public void SetTimes(long queue, in RunTime run)
    {
        QueueTicks = queue;
        Run = run;
    }

    public Span<byte> AddOutput(string name, TensorDataType type, ReadOnlySpan<long> shape, int byteLength) =>
        Outputs.Add().Set(name, type, shape, byteLength);
}
