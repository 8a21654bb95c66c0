namespace Mlops.Storage;

/// <summary>There is no artifact of this hash.</summary>
public sealed class ArtifactNotFoundException : StorageException
{
    /// <summary>Reports a read of an artifact that the store does not hold.</summary>
    public ArtifactNotFoundException(ContentHash hash)
        : this(hash, $"Reading artifact {hash}: the store does not hold it. Check that this process uses the same artifact store as the one that wrote it.")
    {
    }

    internal ArtifactNotFoundException(ContentHash hash, string message)
        : base(message) => Hash = hash;

    /// <summary>The hash asked for.</summary>
    public ContentHash Hash { get; }
}
