namespace Mlops.Serving;

/// <summary>Which of a model's logged predictions are asked for; the newest hundred unless something is set.</summary>
public sealed record PredictionLogQuery
{
    /// <summary>Most predictions of one page.</summary>
    public const int MaximumTake = 1_000;

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Rows of this call only; <c>null</c> for all calls.</summary>
    public PredictionId? Id { get; init; }

    /// <summary>Answers of this version only; <c>null</c> for all versions.</summary>
    public string? VersionDigest { get; init; }

    /// <summary>Made at this time or later; <c>null</c> for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Made before this time; <c>null</c> for no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only those whose outcome is known; false by default.</summary>
    public bool OnlyWithOutcome { get; init; }

    /// <summary>How many, 1 to <see cref="MaximumTake"/>; 100 by default.</summary>
    public int Take { get; init; } = 100;

    /// <summary>Goes on after a page: its last prediction; <c>null</c> for the newest.</summary>
    public LoggedPrediction? Before { get; init; }
}
