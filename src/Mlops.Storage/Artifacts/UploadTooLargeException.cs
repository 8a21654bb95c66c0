namespace Mlops.Storage;

/// <summary>An upload would exceed <see cref="ArtifactOptions.MaximumUploadBytes"/>. Of the piece that would, nothing is kept.</summary>
public sealed class UploadTooLargeException(long maximumBytes)
    : StorageException($"Appending to an upload: it would have more than {maximumBytes} bytes. Allow more in ArtifactOptions.MaximumUploadBytes, or abort it.")
{
    /// <summary>The most bytes that an upload may have.</summary>
    public long MaximumBytes { get; } = maximumBytes;
}
