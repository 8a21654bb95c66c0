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
    /// <param name="maximumRows">Most rows that one run will have, at least 1.</param>
    IModelSlot CreateSlot(int maximumRows);
}

/// <summary>Buffers for one run of a model. Used by one thread at a time and reused for many runs.</summary>
public interface IModelSlot : IDisposable
{
    /// <summary>
    /// Buffer of an input for <paramref name="rows"/> rows, row-major, little-endian; what is in it is from an earlier run.
    /// </summary>
    Span<byte> GetInput(int index, int rows);

    /// <summary>Computes the outputs from the inputs.</summary>
    void Run(int rows);

    /// <summary>Buffer of an output of the last run; valid until the next.</summary>
    ReadOnlySpan<byte> GetOutput(int index, int rows);
}
