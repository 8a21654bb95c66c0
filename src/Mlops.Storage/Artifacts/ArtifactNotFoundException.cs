namespace Mlops.Storage;

/// <summary>The store holds no artifact of this hash.</summary>
public sealed class ArtifactNotFoundException(ContentHash hash)
    : StorageException($"Reading artifact {hash}: the store does not hold it. Check that this process uses the same artifact store as the one that wrote it.")
{
    /// <summary>The hash asked for.</summary>
    public ContentHash Hash { get; } = hash;
}
