namespace Mlops.Serving;

/// <summary>
/// The outputs of one call at tensor level. Dispose of it: its memory then serves another call. Not thread-safe.
/// </summary>
public sealed class TensorResponse : IDisposable
{
    private readonly TensorList _outputs = new();
    private Spares<TensorResponse>? _pool;

    internal TensorResponse()
    {
    }

    /// <summary>Name of the model.</summary>
    public string Model { get; private set; } = "";

    /// <summary>Keep it with the inputs: the outcome is joined to it later. Row i of the call is <c>Id/i</c>.</summary>
    public PredictionId Id { get; private set; }

    /// <summary>The version that answered, and no other had a part in it.</summary>
    public ServedVersion Version { get; private set; } = null!;

    /// <summary>Role of that version among those deployed; <c>live</c> is the one that answers by default.</summary>
    public string Variant { get; private set; } = Deployment.Live;

    /// <summary>Outputs: in the order they were asked for, or the model's.</summary>
    public IReadOnlyList<ModelTensor> Outputs => _outputs;

    /// <summary>The output of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public ModelTensor this[string name] => _outputs.IndexOf(name) is var index and >= 0
        ? _outputs[index]
        : throw new ArgumentException($"There is no output '{name}' among {string.Join(", ", _outputs)}.", nameof(name));

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Interlocked.Exchange(ref _pool, null)?.TryKeep(this);

    /// <summary>Ticks that the call waited, and that its run took; rows of that run, which other calls may have shared.</summary>
    internal long QueueTicks { get; private set; }

    internal long ComputeTicks { get; private set; }

    internal int RunRows { get; private set; }

    internal void SetTimes(long queue, long compute, int rows)
    {
        QueueTicks = queue;
        ComputeTicks = compute;
        RunRows = rows;
    }

    internal void Begin(string model, PredictionId id, ServedVersion version, string variant, Spares<TensorResponse>? pool)
    {
        Model = model;
        Id = id;
        Version = version;
        Variant = variant;
        _outputs.Clear();
        _pool = pool;
    }

    internal TensorList Tensors => _outputs;

    internal Span<byte> AddOutput(string name, TensorDataType type, ReadOnlySpan<long> shape, int byteLength) =>
        _outputs.Add().Set(name, type, shape, byteLength);
}
