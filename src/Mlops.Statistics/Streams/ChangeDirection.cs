namespace Mlops.Statistics;

/// <summary>Which direction of change a detector reports.</summary>
public enum ChangeDirection
{
    /// <summary>Either.</summary>
    Both,

    /// <summary>A rise of the level, for errors a deterioration.</summary>
    Up,

    /// <summary>A fall of the level.</summary>
    Down,
}
