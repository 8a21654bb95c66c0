namespace Mlops.Statistics;

/// <summary>What a change detector says after an update.</summary>
public enum ChangeSignal
{
    /// <summary>Nothing unusual.</summary>
    None,

    /// <summary>On the way to a change; detectors without a warning level never say so.</summary>
    Warning,

    /// <summary>A change. The detector starts afresh with the next value.</summary>
    Change,
}
