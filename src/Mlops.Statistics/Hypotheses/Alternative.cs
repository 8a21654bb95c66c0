namespace Mlops.Statistics;

/// <summary>The direction of an alternative, seen from the current sample.</summary>
public enum Alternative
{
    /// <summary>Different in either direction.</summary>
    TwoSided,

    /// <summary>The current share is smaller than the reference's.</summary>
    Less,

    /// <summary>The current share is greater than the reference's.</summary>
    Greater,
}
