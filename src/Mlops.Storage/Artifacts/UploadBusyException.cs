namespace Mlops.Storage;

/// <summary>Another call works on the same upload session. Transient: ask for the offset when that one has ended, and go on.</summary>
public sealed class UploadBusyException : StorageException
{
    internal UploadBusyException(Exception held)
        : base("Using an upload session: another call appends to it, completes it or aborts it now. Ask for its offset, then go on from there.", held) => IsTransient = true;
}
