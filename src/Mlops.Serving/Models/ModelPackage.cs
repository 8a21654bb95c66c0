namespace Mlops.Serving;

/// <summary>A version of a model as its source delivers it.</summary>
public sealed class ModelPackage
{
    /// <summary>The model file. Read while loading, not kept.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Number of the version in its source, at least 1.</summary>
    public required long Version { get; init; }

    /// <summary>SHA-256 that <see cref="Content"/> must have, in hexadecimal of either case; <c>null</c> when the source knows none.</summary>
    public string? ExpectedDigest { get; init; }
}
