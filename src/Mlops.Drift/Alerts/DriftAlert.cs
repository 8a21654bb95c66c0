using System.Text.Json.Serialization;

namespace Mlops.Drift;

/// <summary>One confirmed change of a monitor's state. A replay of the same rows gives the same alerts with the same ids.</summary>
public sealed record DriftAlert
{
    /// <summary>
    /// Monitor, kind, the first eight characters of the model version, and the time of the evaluation that raised it, as in
    /// <c>ridership/error/6a06a860/20240301T000000Z</c>; at most 180 characters. Unique within the monitor, the same in a replay, and another
    /// one for a later alarm also when the monitor has lost its state: fit as an idempotency key. Repetitions and the clearing carry the same id.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The monitor's name.</summary>
    public required string Monitor { get; init; }

    /// <summary>The digest of the model version concerned, or null when the monitor was given none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? ModelVersion { get; init; }

    /// <summary>What it is about.</summary>
    public required AlertKind Kind { get; init; }

    /// <summary>Raised, cleared or repeated.</summary>
    public required AlertChange Change { get; init; }

    /// <summary>How often the alert was said so far: 1 when it is raised, one more with every repetition. With the id it names one saying.</summary>
    public int Occurrence { get; init; } = 1;

    /// <summary>How urgent it is.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>The time of the evaluation that decided, in the time of the rows where they carry one.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The columns in drift, or those of the segments where only segments drift; empty for errors and for clearings. For gaps the segment columns.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The segments in drift, as <c>column = value</c>, the surest first; for gaps the two groups, as <c>column: value and value</c>; empty for errors and for clearings.</summary>
    public IReadOnlyList<string> Segments { get; init; } = [];

    /// <summary>The columns of <see cref="Segments"/>, each once.</summary>
    public IReadOnlyList<string> SegmentColumns { get; init; } = [];

    /// <summary>The p-value behind a raised alert: the smallest adjusted one of the columns, or the error's; null where there is none.</summary>
    public double? PValue { get; init; }

    /// <summary>The effect behind a raised alert: of the column with that p-value, or of the error; null where there is none.</summary>
    public double? Effect { get; init; }
}
