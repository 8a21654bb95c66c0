namespace Mlops.Storage;

/// <summary>The bytes that arrived are not those that the caller announced. Nothing was stored.</summary>
public sealed class UploadMismatchException(ContentHash expected, ContentHash actual)
    : StorageException($"Completing an upload of {expected}: the bytes that arrived hash to {actual}. Abort it and upload them again.")
{
    /// <summary>The hash that was announced.</summary>
    public ContentHash Expected { get; } = expected;

    /// <summary>The hash of what arrived.</summary>
    public ContentHash Actual { get; } = actual;
}
