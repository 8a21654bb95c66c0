namespace Quickstart;

/// <summary>One row of the prediction log. Rows before the replay carry features and label only.</summary>
public sealed record ReplayedDay
{
    public required DateOnly Date { get; init; }

    /// <summary>The model's inputs as they were served.</summary>
    public required float[] Features { get; init; }

    /// <summary>The label; null until it is known, a day later.</summary>
    public double? Actual { get; init; }

    /// <summary>What the served version predicted; null before the replay.</summary>
    public double? Prediction { get; init; }

    /// <summary>The prediction's id, which its label is joined by.</summary>
    public string? PredictionId { get; init; }

    /// <summary>The registry's number of the version that predicted.</summary>
    public int? Version { get; init; }

    /// <summary>What version 1 predicted.</summary>
    public double? Frozen { get; init; }

    /// <summary>What happened at the day's end; null until the day is closed.</summary>
    public DayEnd? End { get; init; }
}

/// <summary>What is stored when a day is closed, in one transaction with the label and the monitor's state.</summary>
public sealed record DayEnd(bool ErrorAlarm, bool InputAlarm, IReadOnlyList<CandidateDecision> Decisions, IReadOnlyList<FeatureWindow> Windows);
