namespace Mlops.Registry;

/// <summary>What is recorded with a promotion.</summary>
public sealed record PromotionOptions
{
    /// <summary>The alias to move. Default <c>champion</c>.</summary>
    public string Alias { get; init; } = "champion";

    /// <summary>Who asks.</summary>
    public string? Actor { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>A key of the caller's: repeating the call with the same key returns the first decision, without asking the gates again.</summary>
    public string? IdempotencyKey { get; init; }
}
