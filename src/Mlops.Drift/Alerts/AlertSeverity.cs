namespace Mlops.Drift;

/// <summary>How urgent an alert is.</summary>
public enum AlertSeverity
{
    /// <summary>The data moved; the model may still do well.</summary>
    Warning = 0,

    /// <summary>The model does worse, or most columns moved.</summary>
    Critical = 1,
}
