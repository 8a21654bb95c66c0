namespace Mlops.Registry;

/// <summary>What happened to a model. The numbers are stored and never change.</summary>
internal enum RegistryEventKind
{
    ModelCreated = 1,
    ModelRenamed = 2,
    ModelDeleted = 3,
    VersionRegistered = 4,
    VersionDeleted = 5,
    AliasChanged = 6,
    PromotionDecided = 7,
    Approved = 8,
    ApprovalWithdrawn = 9,
    StageChanged = 10,
}

/// <summary>
/// One entry of a model's log of events, which webhooks walk: names, numbers and who, never what people wrote in tags, descriptions and reasons.
/// </summary>
/// <param name="Kind">What happened.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Time">When, microseconds since 1970-01-01 UTC.</param>
internal sealed record RegistryEvent(RegistryEventKind Kind, string Actor, long Time)
{
    /// <summary>1, 2, 3, ... without gaps within the model.</summary>
    public long Sequence { get; init; }

    /// <summary>The model's name at the time.</summary>
    public string Model { get; init; } = "";

    /// <summary>The version's number.</summary>
    public int? Number { get; init; }

    public string? Alias { get; init; }

    /// <summary>What the alias pointed to before.</summary>
    public int? Previous { get; init; }

    /// <summary>The sequence of the alias's change, the number of the decision or that of the approval.</summary>
    public long? Reference { get; init; }

    /// <summary>A word: the new stage, whether a decision was accepted, a model's new name.</summary>
    public string? Detail { get; init; }
}
