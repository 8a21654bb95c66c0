namespace Mlops.Storage;

/// <summary>A receiver does not take the message now and says when to come again, as a web server does by Retry-After.</summary>
public sealed class OutboxDeferredException : StorageException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the receiver said.</param>
    /// <param name="retryAfter">The shortest wait until it is asked again; not negative.</param>
    /// <param name="innerException">How it said so; null when there is nothing more to know.</param>
    /// <exception cref="ArgumentOutOfRangeException">The wait is negative.</exception>
    public OutboxDeferredException(string message, TimeSpan retryAfter, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retryAfter, TimeSpan.Zero);
        RetryAfter = retryAfter;
        IsTransient = true;
    }

    /// <summary>The shortest wait until it is asked again. The outbox waits for a day at most, and longer where its own wait is.</summary>
    public TimeSpan RetryAfter { get; }
}
