namespace Mlops.Storage;

/// <summary>The store could not do what was asked. The message says what was attempted, what was seen and what to do.</summary>
public class StorageException : Exception
{
    /// <summary>Creates the exception.</summary>
    public StorageException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>True when the same call may succeed later (busy, connection lost, deadlock).</summary>
    public bool IsTransient { get; init; }

    /// <summary>
    /// True when a COMMIT was sent and no answer came back: the write may or may not have happened.
    /// Read it back by its key before repeating it.
    /// </summary>
    public bool OutcomeUnknown { get; init; }
}
