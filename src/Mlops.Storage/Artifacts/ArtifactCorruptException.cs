namespace Mlops.Storage;

/// <summary>The bytes read are not those that were stored. Nothing that was read may be used.</summary>
public sealed class ArtifactCorruptException(ContentHash expected, ContentHash actual)
    : StorageException($"Reading artifact {expected}: its bytes hash to {actual}. Discard what was read and restore the artifact from a backup.")
{
    /// <summary>The hash asked for.</summary>
    public ContentHash Expected { get; } = expected;

    /// <summary>The hash of the bytes that were read.</summary>
    public ContentHash Actual { get; } = actual;
}
