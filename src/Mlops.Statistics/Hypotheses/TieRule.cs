namespace Mlops.Statistics;

/// <summary>What a distribution function is taken to be at a value that occurs several times.</summary>
public enum TieRule
{
    /// <summary>The mean of its limits from the left and from the right.</summary>
    Midrank,

    /// <summary>The limit from the right, as the function is defined.</summary>
    RightEdge,
}
