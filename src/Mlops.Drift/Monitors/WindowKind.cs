namespace Mlops.Drift;

/// <summary>Which rows a monitor looks at.</summary>
public enum WindowKind
{
    /// <summary>The latest rows, at every evaluation.</summary>
    Sliding = 0,

    /// <summary>One full window after the other; each is judged once.</summary>
    Tumbling = 1,
}
