namespace Mlops.Serving;

/// <summary>What became of the predictions and outcomes that the log has seen in this process.</summary>
public sealed record PredictionLogCounts
{
    internal PredictionLogCounts()
    {
    }

    /// <summary>Predictions that were taken in: those stored and those that wait.</summary>
    public required long Kept { get; init; }

    /// <summary>Predictions that were dropped because too many waited, or the log was disposed of.</summary>
    public required long Dropped { get; init; }

    /// <summary>Predictions that are stored.</summary>
    public required long Stored { get; init; }

    /// <summary>Outcomes that were taken in.</summary>
    public required long OutcomesKept { get; init; }

    /// <summary>Outcomes that were dropped.</summary>
    public required long OutcomesDropped { get; init; }

    /// <summary>Outcomes that are stored.</summary>
    public required long OutcomesStored { get; init; }

    /// <summary>Writes that failed and were, or will be, tried again.</summary>
    public required long Failures { get; init; }

    /// <summary>Predictions that wait.</summary>
    public long Waiting => Kept - Stored;
}
