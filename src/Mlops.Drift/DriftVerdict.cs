namespace Mlops.Drift;

/// <summary>What a comparison concludes. A larger value is the more urgent one.</summary>
public enum DriftVerdict
{
    /// <summary>No difference that matters, and the window was large enough to have seen one.</summary>
    NoDrift = 0,

    /// <summary>No difference was proven, but the window was too small, or the data not fit, to exclude one. See the minimum detectable effect.</summary>
    Undecided = 1,

    /// <summary>A difference that is both significant and larger than the effect floor.</summary>
    Drift = 2,
}
