using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>An artifact that waits on a local disk until it is sent to an object store. Thread-safe.</summary>
public sealed class SpooledArtifact
{
    private readonly SafeFileHandle _file;

    internal SpooledArtifact(StoredArtifact artifact, SafeFileHandle file)
    {
        Artifact = artifact;
        _file = file;
    }

    /// <summary>Its hash and length.</summary>
    public StoredArtifact Artifact { get; }

    /// <summary>Opens a part of it as a stream that can be read again, as a client does that repeats a request.</summary>
    /// <param name="offset">Where the part begins, 0 to the artifact's length.</param>
    /// <param name="length">Its length, at most what is left from there.</param>
    public Stream Open(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Artifact.Length - offset);
        return new FileSlice(_file, offset, length, ownsFile: false);
    }
}
