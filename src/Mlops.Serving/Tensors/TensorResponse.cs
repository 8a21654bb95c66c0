namespace Mlops.Serving;

/// <summary>
/// The outputs of one call at tensor level. Dispose of it: its memory then serves another call. Not thread-safe.
/// </summary>
public sealed class TensorResponse : IDisposable
{
    private readonly TensorList _outputs = new();
    private TensorResponsePool? _pool;

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
    public void Dispose() => Interlocked.Exchange(ref _pool, null)?.Return(this);

    internal void Begin(string model, PredictionId id, ServedVersion version, string variant, TensorResponsePool pool)
    {
        Model = model;
        Id = id;
        Version = version;
        Variant = variant;
        _outputs.Clear();
        _pool = pool;
    }

    internal Span<byte> AddOutput(string name, TensorDataType type, ReadOnlySpan<long> shape, int byteLength) =>
        _outputs.Add().Set(name, type, shape, byteLength);
}

/// <summary>Responses that nobody uses.</summary>
internal sealed class TensorResponsePool
{
    // More calls at once still get a response each; theirs are left to the garbage collector.
    private readonly TensorResponse?[] _idle = new TensorResponse?[Math.Max(64, 8 * Environment.ProcessorCount)];

    public TensorResponse Rent()
    {
        foreach (ref TensorResponse? place in _idle.AsSpan())
            if (place is not null && Interlocked.Exchange(ref place, null) is { } response)
                return response;

        return new TensorResponse();
    }

    public void Return(TensorResponse response)
    {
        foreach (ref TensorResponse? place in _idle.AsSpan())
            if (place is null && Interlocked.CompareExchange(ref place, response, null) is null)
                return;
    }
}
