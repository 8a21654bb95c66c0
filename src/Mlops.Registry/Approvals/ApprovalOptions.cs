namespace Mlops.Registry;

/// <summary>What is remembered of an approval or its withdrawal.</summary>
public sealed class ApprovalOptions
{
    /// <summary>The alias it is for; null for every alias.</summary>
    public string? Alias { get; set; }

    /// <summary>Who; null for <see cref="RegistryOptions.Actor"/>. The registry believes it: the host says who its caller is.</summary>
    public string? Actor { get; set; }

    /// <summary>Why, at most 8 000 characters; null for no reason given.</summary>
    public string? Reason { get; set; }

    /// <summary>
    /// Makes the call repeatable: the same call under the same key returns the first entry, also when version or model were deleted since. Unique among all
    /// approvals of the database; null
    /// for an entry of its own.
    /// </summary>
    public string? IdempotencyKey { get; set; }
}
