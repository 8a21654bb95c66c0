namespace Mlops.Tracking;

/// <summary>An experiment, the name that runs are kept under, as it was stored when it was read. Immutable.</summary>
public sealed record Experiment
{
    /// <summary>For stores.</summary>
    public Experiment()
    {
    }

    /// <summary>Its number in this database, never used again.</summary>
    public required long Id { get; init; }

    /// <summary>1 to 250 characters on one line, unique among all experiments, deleted ones included.</summary>
    public required string Name { get; init; }

    /// <summary>When it was created, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its name, its tags or its deletion changed last, UTC; runs do not change it.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>When it was deleted, UTC; 1970-01-01 where the store does not tell when, null while it is not.</summary>
    public required DateTimeOffset? DeletedAt { get; init; }

    /// <summary>True when it was deleted, and its runs with it, and can be restored.</summary>
    public bool IsDeleted => DeletedAt is not null;

    /// <summary>Every tag.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }
}
