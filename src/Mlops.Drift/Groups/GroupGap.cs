namespace Mlops.Drift;

/// <summary>The largest difference of a rate between groups.</summary>
public sealed record GroupGap
{
    /// <summary>The segment column that divides the rows into groups; null for gaps that are measured alone.</summary>
    public string? Column { get; init; }

    /// <summary>What is compared.</summary>
    public required GroupRateKind Kind { get; init; }

    /// <summary>The group of the highest rate; null with fewer than two groups of enough values.</summary>
    public string? Highest { get; init; }

    /// <summary>The group of the lowest rate; null with fewer than two groups of enough values.</summary>
    public string? Lowest { get; init; }

    /// <summary>The difference of their rates; null with fewer than two groups of enough values.</summary>
    public double? Value { get; init; }

    /// <summary>The largest gap between any two groups is at least this, at all times with probability 1 - alpha.</summary>
    public double Lower { get; init; }

    /// <summary>The largest gap between any two groups is at most this; null with fewer than two groups of enough values.</summary>
    public double? Upper { get; init; }

    /// <summary>True when the gap exceeds the floor for sure.</summary>
    public required bool IsProven { get; init; }

    /// <summary>Rows that were left out: of groups beyond <see cref="GroupGapOptions.MaximumGroups"/>, or with a prediction or outcome that is not finite.</summary>
    public long LeftOut { get; init; }

    /// <summary>All groups, in the order they were first seen.</summary>
    public required IReadOnlyList<GroupRate> Groups { get; init; }
}
