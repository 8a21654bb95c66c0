namespace Mlops.Registry;

/// <summary>An idempotency key was used before for something else. Nothing was changed.</summary>
public sealed class IdempotencyConflictException : RegistryException
{
    internal IdempotencyConflictException(string key, string first)
        : base($"The idempotency key '{key}' belongs to {first}. Repeat a call with the same arguments, or give each its own key.")
    {
        Key = key;
    }

    /// <summary>The key.</summary>
    public string Key { get; }
}
