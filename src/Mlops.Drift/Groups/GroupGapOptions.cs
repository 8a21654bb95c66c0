namespace Mlops.Drift;

/// <summary>How groups are compared.</summary>
public sealed class GroupGapOptions
{
    /// <summary>A prediction at or above it announces that it will happen; default 0.5.</summary>
    public double Threshold { get; set; } = 0.5;

    /// <summary>Values that a group must have before it takes part in a comparison, 1 to 1 000 000 000; default 100.</summary>
    public int MinimumGroupSize { get; set; } = 100;

    /// <summary>Groups told apart, 2 to 1 000; default 20. Rows of further ones are counted and left out.</summary>
    public int MaximumGroups { get; set; } = 20;

    /// <summary>
    /// Probability that, for one kind of rate, the interval of any group is ever wrong, strictly between 0 and 1; default 0.05.
    /// </summary>
    public double Alpha { get; set; } = 0.05;

    /// <summary>The gap that must be exceeded for sure before it counts as proven, at least 0; default 0.05 of the rate, or of <see cref="MaximumError"/>.</summary>
    public double GapFloor { get; set; } = 0.05;

    /// <summary>The largest absolute error that counts, positive; default 1, right for probabilities.</summary>
    public double MaximumError { get; set; } = 1;

    /// <summary>What later changes do not reach.</summary>
    internal GroupGapOptions Copy() => (GroupGapOptions)MemberwiseClone();

    internal void Validate()
    {
        Require.Number(Threshold, nameof(Threshold));
        Require.InRange(MinimumGroupSize, 1, 1_000_000_000, nameof(MinimumGroupSize));
        Require.InRange(MaximumGroups, 2, 1_000, nameof(MaximumGroups));
        Require.Level(Alpha, 1, nameof(Alpha));
        Require.NotNegative(GapFloor, nameof(GapFloor));
        Require.InRange(MaximumError, double.Epsilon, double.MaxValue, nameof(MaximumError));
    }
}
