namespace Mlops.Storage;

/// <summary>The bytes in the store are not those that were stored. Nothing that was read may be used.</summary>
public sealed class ArtifactCorruptException : StorageException
{
    /// <summary>Reports bytes that hash to something else.</summary>
    public ArtifactCorruptException(ContentHash expected, ContentHash actual)
        : base($"Reading artifact {expected}: its bytes hash to {actual}. Discard what was read and restore the artifact from a backup.")
    {
        Expected = expected;
        Actual = actual;
    }

    /// <summary>Reports an artifact that is shorter than what was stored.</summary>
    internal ArtifactCorruptException(ContentHash expected, long stored, long found)
        : base($"Reading artifact {expected}: {stored} bytes were stored, and the store holds {found}. Restore the artifact from a backup.") => Expected = expected;

    /// <summary>The hash asked for.</summary>
    public ContentHash Expected { get; }

    /// <summary>The hash of the bytes that were read; null when their number was wrong already.</summary>
    public ContentHash? Actual { get; }
}
