namespace Mlops.Tuning;

/// <summary>What becomes of a trial after a report.</summary>
public enum PruningVerdict
{
    /// <summary>It goes on.</summary>
    Continue = 0,

    /// <summary>It ends; its last report stands for it.</summary>
    Prune = 1,

    /// <summary>It stops, and goes on from its checkpoint if it turns out to be among the best that came as far.</summary>
    Pause = 2,
}
