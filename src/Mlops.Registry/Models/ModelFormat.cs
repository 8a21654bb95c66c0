namespace Mlops.Registry;

/// <summary>What the bytes of a version are.</summary>
public enum ModelFormat
{
    /// <summary>An ONNX file, which must parse to be registered.</summary>
    Onnx = 0,

    /// <summary>Anything else; the registry does not look inside.</summary>
    Other = 1,
}
