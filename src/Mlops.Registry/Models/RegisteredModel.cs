namespace Mlops.Registry;

/// <summary>A model: what is said of it, and where its aliases point.</summary>
public sealed record RegisteredModel
{
    internal RegisteredModel()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What people should know of it, or null.</summary>
    public required string? Description { get; init; }

    /// <summary>Its tags.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Who created it; null when that was not recorded.</summary>
    public required string? Actor { get; init; }

    /// <summary>When it was created, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its name, description, tags, versions or their stages last changed, UTC. Aliases have a history of their own.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The highest number that a version was given so far, deleted ones included; 0 before the first.</summary>
    public required int LastVersion { get; init; }

    /// <summary>Each alias that points to a version, and the version's number.</summary>
    public required IReadOnlyDictionary<string, int> Aliases { get; init; }
}
