using Microsoft.ML.OnnxRuntime;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>How ONNX Runtime is set up. The defaults suit small models in a host that has other work to do.</summary>
public sealed class OnnxRuntimeOptions
{
    /// <summary>
    /// Threads that one prediction uses, 1 by default: concurrency then comes from requests, and a model never takes the processors
    /// from the host. More pays only for large models. At least 1.
    /// </summary>
    public int IntraOpThreads { get; set; } = 1;

    /// <summary>
    /// Whether ONNX Runtime keeps freed memory for the next run; off by default, because it never gives the most it ever needed back
    /// to the host.
    /// </summary>
    public bool UseCpuArena { get; set; }

    /// <summary>
    /// Changes the session options of every model last, for example to append the execution provider of a GPU package. Called once
    /// per load.
    /// </summary>
    public Action<SessionOptions>? ConfigureSession { get; set; }
}
