namespace Mlops.Onnx;

/// <summary>What an input or output holds.</summary>
public enum OnnxValueKind
{
    /// <summary>The file does not say.</summary>
    Unknown = 0,

    /// <summary>A dense tensor.</summary>
    Tensor,

    /// <summary>A sparse tensor.</summary>
    SparseTensor,

    /// <summary>A sequence of values.</summary>
    Sequence,

    /// <summary>A map, as the <c>ZipMap</c> of converted classifiers returns it.</summary>
    Map,

    /// <summary>A value that may be absent.</summary>
    Optional,

    /// <summary>A type private to a runtime.</summary>
    Opaque,
}
