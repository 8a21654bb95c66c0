namespace Mlops.Drift;

/// <summary>Whether an alert begins or ends.</summary>
public enum AlertChange
{
    /// <summary>Drift was confirmed.</summary>
    Raised = 0,

    /// <summary>Drift is no longer seen, or another model version is served.</summary>
    Cleared = 1,

    /// <summary>Drift is still seen, <see cref="AlertRule.RepeatAfter"/> after the alert was last raised or repeated.</summary>
    Repeated = 2,
}
