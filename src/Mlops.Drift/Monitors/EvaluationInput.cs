namespace Mlops.Drift;

/// <summary>A copy of what one evaluation judges, so that it can be judged while rows go on coming.</summary>
internal sealed record EvaluationInput(WatchedVersion Version, RowSet Rows, bool Partial, bool Incomplete)
{
    public bool CountsForData { get; init; }

    public bool CountsForError { get; init; }

    /// <summary>The labelled predictions, or null when this evaluation does not look at errors.</summary>
    public (double[] Predictions, double[] Actuals)? Errors { get; init; }

    /// <summary>What the detector of changes has seen, when this evaluation looks at errors.</summary>
    public ErrorChange? Change { get; init; }

    public IReadOnlyList<GroupGap> Gaps { get; init; } = [];

    /// <summary>What had become of the labels.</summary>
    public LabelCounts? Labels { get; init; }
}
