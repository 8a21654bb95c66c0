namespace Mlops.Onnx;

/// <summary>
/// The bytes are not an ONNX model that this package can read. It is the only exception that <see cref="OnnxModel"/>
/// throws because of what the bytes say; input and output faults of a stream pass through unchanged.
/// </summary>
public sealed class OnnxFormatException : Exception
{
    /// <summary>Creates the exception with a message that says what was expected and what was seen.</summary>
    public OnnxFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public OnnxFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without details.</summary>
    public OnnxFormatException()
        : this("The bytes are not a readable ONNX model.")
    {
    }

    /// <summary>Position in bytes from the start of the file; <c>null</c> when the fault has no single place.</summary>
    public long? Offset { get; init; }
}
