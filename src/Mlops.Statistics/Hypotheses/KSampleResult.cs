namespace Mlops.Statistics;

/// <summary>What a comparison of several samples found; degenerate data yields a <see cref="Reason"/>, never an exception and never NaN.</summary>
public sealed record KSampleResult
{
    /// <summary>The test statistic, or null where it is undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>P-value in [0, 1]; may underflow to 0, see <see cref="LogPValue"/>.</summary>
    public double? PValue { get; init; }

    /// <summary>How the p-value was obtained.</summary>
    public PValueKind PValueKind { get; init; }

    /// <summary>Natural logarithm of the p-value, which does not underflow.</summary>
    public double? LogPValue { get; init; }

    /// <summary>Why there is no p-value; null when there is one.</summary>
    public NotComputableReason? Reason { get; init; }

    /// <summary>Values of each sample that took part, NaN excluded.</summary>
    public required IReadOnlyList<int> Counts { get; init; }

    /// <summary>True when there is a p-value and it is at or below <paramref name="alpha"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not strictly between 0 and 1.</exception>
    public bool IsSignificant(double alpha)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        return PValue <= alpha;
    }
}
