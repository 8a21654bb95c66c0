namespace Mlops.Registry;

/// <summary>Whether a version got an alias, and on what evidence. Stored with the change of the alias, or alone when it was rejected.</summary>
public sealed record PromotionDecision
{
    internal PromotionDecision()
    {
    }

    /// <summary>Its number in this database.</summary>
    public required long Id { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The version that wanted the alias.</summary>
    public required int Candidate { get; init; }

    /// <summary>The alias.</summary>
    public required string Alias { get; init; }

    /// <summary>The version that had the alias when it was decided, or null.</summary>
    public required int? Previous { get; init; }

    /// <summary>True when every gate passed, and the alias was moved.</summary>
    public required bool Accepted { get; init; }

    /// <summary>The alias's history entry that the decision made; null when it was rejected.</summary>
    public required long? AliasSequence { get; init; }

    /// <summary>What each gate said, in the order they were asked.</summary>
    public required IReadOnlyList<GateOutcome> Gates { get; init; }

    /// <summary>The numbers that the caller brought.</summary>
    public required IReadOnlyDictionary<string, double> Evidence { get; init; }

    /// <summary>When it was decided, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string Actor { get; init; }

    /// <summary>Why it was asked for, or null.</summary>
    public required string? Reason { get; init; }
}
