namespace Mlops.Registry;

/// <summary>What is remembered of a change of an alias.</summary>
public sealed class AliasChangeOptions
{
    /// <summary>Why, at most 8 000 characters; null for no reason given.</summary>
    public string? Reason { get; set; }

    /// <summary>Who; null for <see cref="RegistryOptions.Actor"/>.</summary>
    public string? Actor { get; set; }

    /// <summary>
    /// Makes the change repeatable: the same call under the same key returns the first change, whatever has happened since, also to version and model. Unique among
    /// all changes of the database; null for a change of its own.
    /// </summary>
    public string? IdempotencyKey { get; set; }
}
