namespace Mlops.Drift;

/// <summary>How verdicts become alerts: confirmation, hysteresis, cool-down.</summary>
public sealed class AlertRule
{
    /// <summary>Whether alerts are raised at all; default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Consecutive evaluations that must say drift before the alert is raised, 1 to 1 000; default 2.</summary>
    public int Confirmations { get; set; } = 2;

    /// <summary>Consecutive evaluations without drift before the alert is cleared, 1 to 1 000; default 2.</summary>
    public int ClearAfter { get; set; } = 2;

    /// <summary>Time after a clearing during which no new alert is raised; default none.</summary>
    public TimeSpan CoolDown { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Time after which an alert that stands is said again, if the evaluation still says drift: what it started may not have helped.
    /// Null (default) to say it once.
    /// </summary>
    public TimeSpan? RepeatAfter { get; set; }

    internal void Validate(string name)
    {
        Require.InRange(Confirmations, 1, 1_000, $"{name}.{nameof(Confirmations)}");
        Require.InRange(ClearAfter, 1, 1_000, $"{name}.{nameof(ClearAfter)}");
        if (RepeatAfter is { } repeat)
            Require.InRange(repeat, TimeSpan.FromSeconds(1), TimeSpan.MaxValue, $"{name}.{nameof(RepeatAfter)}");
        Require.InRange(CoolDown, TimeSpan.Zero, TimeSpan.MaxValue, $"{name}.{nameof(CoolDown)}");
    }
}
