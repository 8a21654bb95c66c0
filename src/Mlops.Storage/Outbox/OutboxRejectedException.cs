namespace Mlops.Storage;

/// <summary>A receiver will never take this message; it is given up.</summary>
public sealed class OutboxRejectedException : StorageException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the receiver said.</param>
    /// <param name="innerException">How it said so; null when there is nothing more to know.</param>
    public OutboxRejectedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
