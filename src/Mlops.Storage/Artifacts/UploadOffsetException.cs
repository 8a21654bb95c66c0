namespace Mlops.Storage;

/// <summary>A piece of an upload begins elsewhere than where the stored bytes end.</summary>
public sealed class UploadOffsetException(long given, long stored)
    : StorageException($"Appending to an upload at byte {given}: {stored} bytes are stored. Go on from byte {stored}.")
{
    /// <summary>Where the piece was said to begin.</summary>
    public long Given { get; } = given;

    /// <summary>How many bytes are stored: where the next piece begins.</summary>
    public long Stored { get; } = stored;
}
