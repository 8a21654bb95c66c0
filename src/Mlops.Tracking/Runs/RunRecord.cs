namespace Mlops.Tracking;

/// <summary>A run as it was stored when it was read. Immutable.</summary>
public sealed record RunRecord
{
    /// <summary>For stores.</summary>
    public RunRecord()
    {
    }

    /// <summary>32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The experiment's number.</summary>
    public required long ExperimentId { get; init; }

    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>The name for people; not unique.</summary>
    public required string Name { get; init; }

    /// <summary>The id of the run this one belongs to, or null.</summary>
    public required string? ParentId { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended, UTC; null while it runs.</summary>
    public required DateTimeOffset? EndTime { get; init; }

    /// <summary>When it was deleted, by itself or with its experiment, UTC; 1970-01-01 where the store does not tell when, null while it is not.</summary>
    public required DateTimeOffset? DeletedAt { get; init; }

    /// <summary>True when it is deleted and can be restored: it is listed only where a query asks for it, and nothing can be written to it.</summary>
    public bool IsDeleted => DeletedAt is not null;

    /// <summary>The description for people, the tag <see cref="RunTags.Note"/>; null when there is none or the query left it out.</summary>
    public string? Note => Tags.GetValueOrDefault(RunTags.Note);

    /// <summary>Logged items that were dropped because the buffer was full, or the store stayed away or refused them; 1 where the store only knows that there were any.</summary>
    public required long DroppedItems { get; init; }

    /// <summary>
    /// True when it was ended as <see cref="RunStatus.Killed"/> because its process gave no sign of life. A process that was only asleep
    /// takes that back with the next thing it stores.
    /// </summary>
    public required bool IsLost { get; init; }

    /// <summary>True when nothing that was logged is missing.</summary>
    public bool IsComplete => DroppedItems == 0;

    /// <summary>Every parameter.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Every tag.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Every metric's summary; its points come from <see cref="Tracker.GetMetricHistoryAsync"/>.</summary>
    public required IReadOnlyDictionary<string, MetricSummary> Metrics { get; init; }
}
