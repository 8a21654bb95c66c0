namespace Mlops.Registry;

/// <summary>What a promotion is decided on, and what is remembered of it.</summary>
public sealed class PromotionOptions
{
    /// <summary>The alias that the candidate wants; default <c>champion</c>.</summary>
    public string Alias { get; set; } = "champion";

    /// <summary>Numbers for the gates, stored with the decision; null for none.</summary>
    public IReadOnlyDictionary<string, double>? Evidence { get; set; }

    /// <summary>Why the promotion was asked for, at most 8 000 characters; null for no reason given.</summary>
    public string? Reason { get; set; }

    /// <summary>Who asked for it; null for <see cref="RegistryOptions.Actor"/>.</summary>
    public string? Actor { get; set; }

    /// <summary>
    /// Makes the promotion repeatable: the same key returns the first decision without asking the gates again, also when version or model
    /// were deleted since. Unique among all decisions of the database; null for a decision of its own.
    /// </summary>
    public string? IdempotencyKey { get; set; }
}
