namespace Mlops.Registry;

/// <summary>What a gate found. Only <see cref="Passed"/> lets a candidate through. The numbers are stored and never change.</summary>
public enum GateVerdict
{
    /// <summary>The candidate may be promoted as far as this gate goes.</summary>
    Passed = 1,

    /// <summary>It may not.</summary>
    Failed = 2,

    /// <summary>The evidence does not suffice to say.</summary>
    Undecided = 3,

    /// <summary>The gate threw an exception, whose type is the reason; what it said is in the log (event 3003) and not stored.</summary>
    Error = 4,
}
