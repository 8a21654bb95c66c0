namespace Mlops.Storage;

/// <summary>An idempotency key was used before for something else. Nothing was changed.</summary>
public sealed class IdempotencyConflictException : StorageException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="key">The key.</param>
    /// <param name="first">What it was first used for, as it completes the sentence "the key belongs to ...".</param>
    public IdempotencyConflictException(string key, string first)
        : base($"The idempotency key '{key}' belongs to {first}. Repeat a call with the same arguments, or give each its own key.")
    {
        Key = key;
    }

    /// <summary>The key.</summary>
    public string Key { get; }
}
