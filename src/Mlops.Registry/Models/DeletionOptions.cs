namespace Mlops.Registry;

/// <summary>What is remembered of a deletion, in the history of the aliases that it removes.</summary>
public sealed class DeletionOptions
{
    /// <summary>Why, at most 8 000 characters; null for "model deleted" or "version deleted".</summary>
    public string? Reason { get; set; }

    /// <summary>Who; null for <see cref="RegistryOptions.Actor"/>.</summary>
    public string? Actor { get; set; }
}
