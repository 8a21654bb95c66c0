using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>
/// Serves ONNX models with ONNX Runtime. Before the runtime sees a file, it is read by <see cref="OnnxModel"/>: models that reach for
/// files that did not come with them, for native libraries or for compiled blobs are refused. Thread-safe.
/// </summary>
public sealed class OnnxModelRuntime : IModelRuntime
{
    private readonly OnnxRuntimeOptions _options;

    /// <summary>Creates a runtime.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is not positive.</exception>
    public OnnxModelRuntime(OnnxRuntimeOptions? options = null)
    {
        _options = options ?? new OnnxRuntimeOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.IntraOpThreads, nameof(options));
    }

    /// <inheritdoc/>
    public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(package);
        OnnxModel description = Describe(model, package);
        CheckSafety(model, description, package);
        ModelSignature signature = OnnxSignatures.ToServing(model, description);

        // A cancelled load must not begin the part that cannot be interrupted.
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using SessionOptions options = CreateOptions();
            return new OnnxSession(
                package.Folder is { } folder && description.ExternalData.Count > 0
                    ? new InferenceSession(Path.Combine(folder, "model.onnx"), options)
                    : new InferenceSession(ToArray(package.Content), options),
                signature);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelLoadException(model, ModelLoadFailure.InvalidModel, $"ONNX Runtime refuses it: {exception.Message}", exception);
        }
    }

    private static OnnxModel Describe(string model, ModelPackage package)
    {
        try
        {
            return OnnxModel.Read(package.Content.Span);
        }
        catch (OnnxFormatException exception)
        {
            throw new ModelLoadException(model, ModelLoadFailure.InvalidModel, exception.Message, exception);
        }
    }

    private static void CheckSafety(string model, OnnxModel description, ModelPackage package)
    {
        // The location must be one of the checked copies to the letter: what another spelling would lead to has not been looked at.
        if (description.ExternalData.FirstOrDefault(data => package.Folder is null || !package.Files.Any(file => file.Path == data.Location)) is { } first)
        {
            throw Unsafe(
                $"tensor '{first.Tensor}' takes its values from '{first.Location}', a file that does not come with the model; store the values in the model, or serve it from a folder whose manifest lists the file.");
        }

        if (description.CustomOperators is [var custom, ..])
            throw Unsafe($"operator {custom.Domain}.{custom.Type} needs a native library; express it with standard operators.");
        if (description.HasExecutionProviderContext)
            throw Unsafe("it embeds a blob compiled for an accelerator (EPContext); serve the model it was compiled from.");

        ModelLoadException Unsafe(string detail) => new(model, ModelLoadFailure.UnsafeModel, detail);
    }

    private SessionOptions CreateOptions()
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = _options.IntraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            EnableCpuMemArena = _options.UseCpuArena,
            EnableMemoryPattern = _options.UseCpuArena,   // patterns are plans for the arena
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,   // what it would print comes as an exception
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            _options.ConfigureSession?.Invoke(options);
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out ArraySegment<byte> segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : content.ToArray();
}
