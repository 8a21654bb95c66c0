namespace Mlops.Serving;

/// <summary>Turns the bytes of a model into something that computes: ONNX Runtime, or a predictor written in C#.</summary>
public interface IModelRuntime
{
    /// <summary>
    /// Builds a session. Called on a thread of its own that serves nobody, possibly for several models at a time; may take long.
    /// </summary>
    /// <exception cref="ModelLoadException">The model is refused, with the reason.</exception>
    IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken);
}

/// <summary>One version of a model, ready to compute. Disposed once no slot of it is in use.</summary>
public interface IModelSession : IDisposable
{
    /// <summary>What the model takes and returns.</summary>
    ModelSignature Signature { get; }

    /// <summary>
    /// Creates a place for one run at a time, with its own buffers. Called from any thread; slots of one session run concurrently.
    /// </summary>
    IModelSlot CreateSlot(SlotShape shape);
}

/// <summary>
/// Buffers for one run of a model. Used by one thread at a time and reused for many runs; only <see cref="Terminate"/> comes from
/// another thread. Buffers are row-major and little-endian, with any number of rows up to the maximum of the slot's shape; tensors
/// without a dimension that counts rows always have their whole size.
/// </summary>
public interface IModelSlot : IDisposable
{
    /// <summary>Buffer of a numeric input for <paramref name="rows"/> rows; what is in it is from an earlier run.</summary>
    /// <exception cref="InvalidOperationException">The input is text.</exception>
    Span<byte> GetInput(int index, int rows);

    /// <summary>Sets a text input, packed as <see cref="TensorDataType.Text"/> says; kept until it is set again.</summary>
    /// <exception cref="InvalidOperationException">The input is not text.</exception>
    void SetText(int index, int rows, ReadOnlySpan<byte> packed);

    /// <summary>Computes the outputs that the slot's shape asks for.</summary>
    /// <exception cref="OperationCanceledException">The run was ended by <see cref="Terminate"/>.</exception>
    void Run(int rows);

    /// <summary>An output of the last run, text packed; valid until the next. Empty when the slot's shape does not ask for it.</summary>
    ReadOnlySpan<byte> GetOutput(int index, int rows);

    /// <summary>The whole shape of an output of the last run, rows included; valid until the next.</summary>
    ReadOnlySpan<long> GetOutputShape(int index, int rows);

    /// <summary>
    /// Asks a run under way to end as soon as it can. Called from another thread than the run's; does nothing when none is under way.
    /// A run that begins later is not affected.
    /// </summary>
    void Terminate();
}
