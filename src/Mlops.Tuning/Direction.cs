namespace Mlops.Tuning;

/// <summary>Which way an objective gets better.</summary>
public enum Direction
{
    /// <summary>Smaller is better.</summary>
    Minimize = 0,

    /// <summary>Larger is better.</summary>
    Maximize = 1,
}
