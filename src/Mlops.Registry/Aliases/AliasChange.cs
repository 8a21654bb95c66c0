namespace Mlops.Registry;

/// <summary>One entry of an alias's history, which is only ever appended to.</summary>
/// <param name="Sequence">1, 2, 3, ... within the alias.</param>
/// <param name="Number">The version the alias names from then on.</param>
/// <param name="At">When, on the clock of the process that moved it.</param>
/// <param name="Actor">Who moved it, if that was said.</param>
/// <param name="Reason">Why, if that was said.</param>
/// <param name="DecisionId">The promotion decision that moved it, if one did.</param>
public sealed record AliasChange(long Sequence, int Number, DateTimeOffset At, string? Actor, string? Reason, long? DecisionId);
