namespace Mlops.Serving;

/// <summary>How a shadow compares with the version that answers, since both have been loaded.</summary>
public sealed record ShadowVerdict
{
    /// <summary>The version that answers.</summary>
    public required ServedVersion Live { get; init; }

    /// <summary>The version in its shadow.</summary>
    public required ServedVersion Shadow { get; init; }

    /// <summary>Rows that both have computed.</summary>
    public required long Rows { get; init; }

    /// <summary>Calls that the shadow failed and the live version answered.</summary>
    public required long Failed { get; init; }

    /// <summary>Calls that were not compared, because too many waited or their inputs were too long; those of the versions before included.</summary>
    public required long Dropped { get; init; }

    /// <summary>Share of the rows that agree (<see cref="ShadowOptions.Tolerance"/>); <c>null</c> without rows.</summary>
    public required double? Agreement { get; init; }

    /// <summary>Mean distance between the outputs' numbers; <c>null</c> without rows. NaN where both are NaN counts as 0.</summary>
    public required double? MeanDifference { get; init; }

    /// <summary>Largest distance between the outputs' numbers; <c>null</c> without rows.</summary>
    public required double? LargestDifference { get; init; }

    /// <summary>
    /// Population stability index of the shadow's scores against the live version's, in tenths of the live scores, where a score is the only number of a row or
    /// its largest; <c>null</c> before 500 rows. Its mean is about 18 / rows where nothing differs.
    /// </summary>
    public required double? StabilityIndex { get; init; }

    /// <summary>Geometric mean of the shadow's computing time per row over the live version's; <c>null</c> without runs that no other call shared.</summary>
    public required double? TimeRatio { get; init; }
}
