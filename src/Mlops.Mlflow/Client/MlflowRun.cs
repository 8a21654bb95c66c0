using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>A run of an MLflow server as it was when it was read.</summary>
public sealed record MlflowRun
{
    internal MlflowRun()
    {
    }

    /// <summary>Its id on that server.</summary>
    public required string Id { get; init; }

    /// <summary>The id of its experiment on that server.</summary>
    public required string ExperimentId { get; init; }

    /// <summary>The name for people; may be empty.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is in its life; a scheduled run counts as running.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended, UTC; null while it runs.</summary>
    public required DateTimeOffset? EndTime { get; init; }

    /// <summary>Where the server says that its artifacts are.</summary>
    public required string ArtifactUri { get; init; }

    /// <summary>Every parameter.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Every tag.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>True when it is deleted and can be restored.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The data that it read.</summary>
    public IReadOnlyList<DatasetInput> Datasets { get; init; } = [];

    /// <summary>The last point of each metric.</summary>
    internal IReadOnlyDictionary<string, MetricPoint> LastPoints { get; init; } = new Dictionary<string, MetricPoint>();

    /// <summary>The keys of its metrics; their points come from <see cref="MlflowClient.GetMetricHistoryAsync"/>.</summary>
    public required IReadOnlyList<string> Metrics { get; init; }
}
