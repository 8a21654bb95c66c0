namespace Mlops.Storage;

/// <summary>The lease was taken over, so nothing was written.</summary>
public sealed class LeaseLostException(Lease lease)
    : StorageException($"The lease '{lease.Name}' of epoch {lease.Epoch} was taken over; what its holder still does is discarded.")
{
    /// <summary>The lease that was lost.</summary>
    public Lease Lease { get; } = lease;
}
