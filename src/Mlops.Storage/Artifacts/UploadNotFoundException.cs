namespace Mlops.Storage;

/// <summary>There is no upload session of this id: it was completed or aborted, has expired, or is on another machine.</summary>
public sealed class UploadNotFoundException() : StorageException(
    "Reaching an upload session: this machine has none of that id. It was completed or aborted, or nothing arrived until it expired. Begin another one.");
