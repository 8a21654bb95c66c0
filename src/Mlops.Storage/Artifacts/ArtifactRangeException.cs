namespace Mlops.Storage;

/// <summary>A part was asked for that begins behind the end of the artifact.</summary>
public sealed class ArtifactRangeException(ContentHash hash, long offset, long length)
    : StorageException($"Reading artifact {hash} from byte {offset}: it has {length} bytes. Ask for an offset of at most that.")
{
    /// <summary>Which artifact.</summary>
    public ContentHash Hash { get; } = hash;

    /// <summary>The offset asked for.</summary>
    public long Offset { get; } = offset;

    /// <summary>How many bytes the artifact has.</summary>
    public long Length { get; } = length;
}
