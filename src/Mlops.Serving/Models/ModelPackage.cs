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

    /// <summary>
    /// Files that the model may read beside its own, none by default. They are copied and checked against their digests before a runtime
    /// sees the model, and are part of the version's digest.
    /// </summary>
    public IReadOnlyList<ModelPackageFile> Files { get; init; } = [];

    /// <summary>Golden samples in the form of <see cref="ModelOptions.GoldenSamples"/>; empty when the source has none.</summary>
    public ReadOnlyMemory<byte> GoldenSamples { get; init; }

    /// <summary>
    /// Where the checked copies of <see cref="Content"/> (as <c>model.onnx</c>) and <see cref="Files"/> lie while a runtime loads the model;
    /// <c>null</c> when there are no files.
    /// </summary>
    public string? Folder { get; internal set; }
}
