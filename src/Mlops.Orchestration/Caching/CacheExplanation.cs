namespace Mlops.Orchestration;

/// <summary>Why a step of a run was or was not taken from the cache.</summary>
/// <param name="Outcome">What became of the look into the cache.</param>
/// <param name="Key">The key: 64 hexadecimal digits.</param>
public sealed record CacheExplanation(CacheOutcome Outcome, string Key)
{
    /// <summary>The run whose result was taken over.</summary>
    public long? FromRun { get; init; }

    /// <summary>The last run before in which the same step had a key; null when there is none.</summary>
    public long? ComparedWith { get; init; }

    /// <summary>What differs from that run: <c>code</c>, <c>parameters</c>, <c>type</c>, <c>input NAME</c>, <c>item</c>, <c>environment NAME</c>.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>One sentence.</summary>
    public override string ToString() => Outcome switch
    {
        CacheOutcome.Hit => FormattableString.Invariant($"Taken from run {FromRun}."),
        CacheOutcome.Refreshed => "The run refreshes the cache.",
        CacheOutcome.Ignored => "The run ignores the cache.",
        CacheOutcome.Expired => "The known result had expired.",
        CacheOutcome.Damaged => "The artifacts of the known result are missing or damaged.",
        _ when ComparedWith is null => "The step has no earlier result.",
        _ when Changes.Count == 0 => FormattableString.Invariant($"Nothing has changed since run {ComparedWith}, which left no result."),
        _ => FormattableString.Invariant($"Changed since run {ComparedWith}: {string.Join(", ", Changes)}."),
    };
}
