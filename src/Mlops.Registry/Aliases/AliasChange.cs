namespace Mlops.Registry;

/// <summary>One entry of an alias's history. Entries are only ever added.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Sequence">1, 2, 3, ... without gaps within the alias.</param>
/// <param name="Number">What it points to from then on; null when it was removed.</param>
/// <param name="Previous">What it pointed to before; null for nothing.</param>
/// <param name="At">When, UTC; never before the entry that precedes it, even if the clock was set back.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Reason">Why, or null.</param>
/// <param name="Restores">For a rollback, the sequence of the entry whose version it restored; otherwise null.</param>
/// <param name="DecisionId">The promotion decision behind it, or null.</param>
public sealed record AliasChange(
    string Model,
    string Alias,
    long Sequence,
    int? Number,
    int? Previous,
    DateTimeOffset At,
    string Actor,
    string? Reason,
    long? Restores,
    long? DecisionId);
