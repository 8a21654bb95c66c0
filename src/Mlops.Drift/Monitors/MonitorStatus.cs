namespace Mlops.Drift;

/// <summary>A monitor's state at one moment, for health checks and dashboards.</summary>
public sealed record MonitorStatus
{
    /// <summary>The monitor's name.</summary>
    public required string Monitor { get; init; }

    /// <summary>The digest of the live model version, or null when the monitor was given none.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Whether the live version has a reference to compare with.</summary>
    public required bool HasReference { get; init; }

    /// <summary>Rows taken in.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows dropped because the buffer was full.</summary>
    public required long DroppedRows { get; init; }

    /// <summary>Rows lost because a selector threw.</summary>
    public required long FailedRows { get; init; }

    /// <summary>Rows with a wrong number of values; they were not taken in.</summary>
    public required long MalformedRows { get; init; }

    /// <summary>Rows whose time lies too far ahead of the clock; they were not taken in.</summary>
    public long FutureRows { get; init; }

    /// <summary>Rows that came after their tumbling window was closed.</summary>
    public required long LateRows { get; init; }

    /// <summary>Tumbling windows that were never evaluated.</summary>
    public required long MissedWindows { get; init; }

    /// <summary>Versions forgotten, windows and all, because rows named more than four at once.</summary>
    public long ForgottenVersions { get; init; }

    /// <summary>Evaluations of versions that have no reference, so that nothing was compared.</summary>
    public long EvaluationsWithoutReference { get; init; }

    /// <summary>True while a host has not been able to read the stored state: rows and labels wait.</summary>
    public bool IsWaitingForState { get; init; }

    /// <summary>True while an observer lacks an alert or a report, because it failed or took too long.</summary>
    public bool HasUndelivered { get; init; }

    /// <summary>Alerts that an observer will never be told, because it refused them, failed for a day or had too many waiting; counted for each observer since the monitor was created.</summary>
    public long LostAlerts { get; init; }

    /// <summary>Reports that an observer will never be told, for the same reasons; counted for each observer since the monitor was created.</summary>
    public long LostReports { get; init; }

    /// <summary>Alerts that readers of <see cref="DriftMonitor.ReadAlertsAsync"/> were too slow for; counted for each reader since the monitor was created.</summary>
    public long MissedAlerts { get; init; }

    /// <summary>What became of the labels.</summary>
    public required LabelCounts Labels { get; init; }

    /// <summary>The alerts of the live version that stand.</summary>
    public required IReadOnlyList<AlertKind> ActiveAlerts { get; init; }

    /// <summary>The latest report, or null before the first evaluation.</summary>
    public DriftReport? LastReport { get; init; }
}
