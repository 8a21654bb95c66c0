namespace Mlops.Tracking;

/// <summary>What tracking could not do because of the runs themselves; failures of the database are <see cref="Mlops.Storage.StorageException"/>.</summary>
public abstract class TrackingException : Exception
{
    private protected TrackingException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
