namespace Mlops.Orchestration;

/// <summary>A step of a run, as it stood when it was read.</summary>
/// <param name="Key">The step's key; of an item, <c>group[key]</c>.</param>
/// <param name="State">Where it stands.</param>
public sealed record StepStatus(string Key, StepState State)
{
    /// <summary>Attempts that were started.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that failed and count against the retry policy.</summary>
    public int Failures { get; init; }

    /// <summary>Attempts that were lost with their worker.</summary>
    public int LostAttempts { get; init; }

    /// <summary>The last failure: type and message.</summary>
    public string? Error { get; init; }

    /// <summary>How far the last attempt said it was, 0 to 1; null when it said nothing. See <see cref="StepContext.Report"/>.</summary>
    public double? Progress { get; init; }

    /// <summary>What the last attempt said it was doing.</summary>
    public string? Message { get; init; }

    /// <summary>When the last attempt started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the step was over.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
