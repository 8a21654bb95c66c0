namespace Mlops.Serving;

/// <summary>
/// The outputs of one call at tensor level. Dispose of it: the memory of its outputs then serves another call. Not thread-safe.
/// </summary>
public sealed class TensorResponse : IDisposable
{
    // The answer is pooled and the response is not: who holds one that was disposed of reaches nobody else's answer.
    private readonly Spares<CallAnswer> _pool;
    private CallAnswer? _answer;

    internal TensorResponse(string model, PredictionId id, ServedVersion version, string variant, Spares<CallAnswer> pool)
    {
        Model = model;
        Id = id;
        Version = version;
        Variant = variant;
        _pool = pool;
        _answer = pool.TryTake() ?? new CallAnswer();
    }

    /// <summary>Name of the model.</summary>
    public string Model { get; }

    /// <summary>Keep it with the inputs: the outcome is joined to it later. Row i of the call is <c>Id/i</c>.</summary>
    public PredictionId Id { get; }

    /// <summary>The version that answered, and no other had a part in it.</summary>
    public ServedVersion Version { get; }

    /// <summary>Role of that version among those deployed; <c>live</c> is the one that answers by default.</summary>
    public string Variant { get; }

    /// <summary>Outputs: in the order they were asked for, or the model's. A tensor that was taken from here must not be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public IReadOnlyList<ModelTensor> Outputs => Answer.Outputs;

    internal CallAnswer Answer => _answer ?? throw new ObjectDisposedException(nameof(TensorResponse));

    /// <summary>The output of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ModelTensor this[string name] => Answer.Outputs.IndexOf(name) is var index and >= 0
        ? Answer.Outputs[index]
        : throw new ArgumentException($"There is no output '{name}' among {string.Join(", ", Outputs)}.", nameof(name));

    /// <summary>Gives the memory back. A second time does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _answer, null) is not { } answer)
            return;

        answer.Clear();
        _pool.TryKeep(answer);
    }
}
