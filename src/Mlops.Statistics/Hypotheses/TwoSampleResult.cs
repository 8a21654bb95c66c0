namespace Mlops.Statistics;

/// <summary>
/// What a comparison of two samples found. Degenerate data yields a result with a <see cref="Reason"/>, never an exception
/// and never NaN.
/// </summary>
public sealed record TwoSampleResult
{
    /// <summary>The test statistic, or null where it is undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>Two-sided p-value in [0, 1] unless the test says otherwise; may underflow to 0, see <see cref="LogPValue"/>.</summary>
    public double? PValue { get; init; }

    /// <summary>How the p-value was obtained.</summary>
    public PValueKind PValueKind { get; init; }

    /// <summary>Natural logarithm of the p-value, which does not underflow.</summary>
    public double? LogPValue { get; init; }

    /// <summary>Size of the difference, with an interval where one is cheap.</summary>
    public EffectSize? Effect { get; init; }

    /// <summary>Why there is no p-value; null when there is one.</summary>
    public NotComputableReason? Reason { get; init; }

    /// <summary>Degrees of freedom of tests that have them; fractional for Welch's.</summary>
    public double? DegreesOfFreedom { get; init; }

    /// <summary>Values of the reference that took part, NaN excluded.</summary>
    public long ReferenceCount { get; init; }

    /// <summary>Values of the current sample that took part, NaN excluded.</summary>
    public long CurrentCount { get; init; }

    /// <summary>True when there is a p-value and it is at or below <paramref name="alpha"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not strictly between 0 and 1.</exception>
    public bool IsSignificant(double alpha)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        return PValue <= alpha;
    }

    internal static TwoSampleResult NotComputable(NotComputableReason reason, long reference, long current, double? statistic = null) => new()
    {
        Statistic = statistic,
        Reason = reason,
        ReferenceCount = reference,
        CurrentCount = current,
    };

    /// <summary>Fills both p-values from the logarithm, clamped to [0, 1].</summary>
    internal TwoSampleResult WithLogP(double logP, PValueKind kind)
    {
        double clamped = double.Min(logP, 0);
        return this with { PValue = Math.Exp(clamped), LogPValue = clamped, PValueKind = kind };
    }

    /// <summary>Fills both p-values from a p-value that does not underflow.</summary>
    internal TwoSampleResult WithP(double p, PValueKind kind)
    {
        double clamped = double.Clamp(p, 0, 1);
        return this with { PValue = clamped, LogPValue = clamped > 0 ? Math.Log(clamped) : LogPValue, PValueKind = kind };
    }
}
