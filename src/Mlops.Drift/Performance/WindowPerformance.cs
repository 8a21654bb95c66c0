namespace Mlops.Drift;

/// <summary>How wrong the model was in a tumbling window that has ended, as far as its labels have come. Said again, as a revision, when more of them have.</summary>
public sealed record WindowPerformance
{
    /// <summary>The digest of the model version that predicted, or null.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The time of the window's first row, or null.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The time of the window's last row, or null.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Predictions in the window.</summary>
    public required long Rows { get; init; }

    /// <summary>Of these, those whose label has come.</summary>
    public required long Labelled { get; init; }

    /// <summary>0 when it is judged for the first time, then one more with each time that labels came afterwards.</summary>
    public required int Revision { get; init; }

    /// <summary>The verdict before this revision; null for the first.</summary>
    public DriftVerdict? Before { get; init; }

    /// <summary>The verdict and metrics of the labelled predictions, of the latest <see cref="DriftMonitorOptions.ErrorWindowRows"/> where there are more.</summary>
    public required ErrorDrift Error { get; init; }
}
