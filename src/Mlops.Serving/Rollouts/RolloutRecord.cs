using System.Globalization;

namespace Mlops.Serving;

/// <summary>
/// What is known of the rollout of one candidate, as it is stored: whoever starts later goes on with its share and secret, and does not put back what was
/// rolled back. Immutable.
/// </summary>
public sealed record RolloutRecord
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Digest of the candidate.</summary>
    public required string Digest { get; init; }

    /// <summary>Number of the candidate in its source.</summary>
    public required long Version { get; init; }

    /// <summary>Number of the version that it stands beside, or has followed.</summary>
    public required long StableVersion { get; init; }

    /// <summary>Digest of that version.</summary>
    public required string StableDigest { get; init; }

    /// <summary>Where the rollout is.</summary>
    public required RolloutState State { get; init; }

    /// <summary>Share of the keys that the candidate answers while it runs, 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>
    /// The secret that decides which keys these are. Whoever knows it can choose keys of one variant, so it is for stores alone.
    /// </summary>
    public required long Salt { get; init; }

    /// <summary>Why it was promoted or rolled back; <c>null</c> while it runs.</summary>
    public string? Reason { get; init; }

    /// <summary>What the decision was based on, a JSON document; <c>null</c> where a person decided without figures.</summary>
    public string? Evidence { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was promoted; <c>null</c> when it never was.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>When the record was written.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Whether what the state asks for has been done outside of the process, such as moving an alias.</summary>
    public bool IsCarriedOut { get; init; }

    /// <summary>1 for the first record of a candidate, one more with every change.</summary>
    public required long Revision { get; init; }

    /// <summary>Model, candidate and state; never the secret.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model} version {Version}: {State} ({Share:P0})");
}
