namespace Mlops.Registry;

/// <summary>What is recorded with a move of an alias.</summary>
public sealed record AliasChangeOptions
{
    /// <summary>Who moves it.</summary>
    public string? Actor { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>A key of the caller's: repeating the call with the same key changes nothing and returns the first outcome.</summary>
    public string? IdempotencyKey { get; init; }
}
