namespace Mlops.Tracking;

/// <summary>Several runs side by side, as they were stored when they were read. Immutable.</summary>
public sealed record RunComparison
{
    internal RunComparison()
    {
    }

    /// <summary>The runs, in the order that was asked for.</summary>
    public required IReadOnlyList<RunRecord> Runs { get; init; }

    /// <summary>Every parameter that any of them has, by name.</summary>
    public required IReadOnlyList<ComparedValue> Parameters { get; init; }

    /// <summary>Every metric that any of them has, by name.</summary>
    public required IReadOnlyList<ComparedMetric> Metrics { get; init; }

    /// <summary>Every tag that any of them has, by name, but those of <see cref="ReservedTags"/> and <see cref="Code"/>.</summary>
    public required IReadOnlyList<ComparedValue> Tags { get; init; }

    /// <summary>Tags that clients set for themselves (<c>mlflow.*</c>), by name.</summary>
    public required IReadOnlyList<ComparedValue> ReservedTags { get; init; }

    /// <summary>
    /// The code the runs were made by: commit, branch, repository, uncommitted changes, source, and each assembly's version with the id of its
    /// build. From the tags of MLflow's names where a run has them, else from what its process captured (<see cref="RunEnvironment"/>).
    /// </summary>
    public required IReadOnlyList<ComparedValue> Code { get; init; }

    /// <summary>What surrounded the code: runtime, system, processor, memory, options of the command line.</summary>
    public required IReadOnlyList<ComparedValue> Environment { get; init; }

    /// <summary>The data that the runs read: per name and context the digests, of which there may be several.</summary>
    public required IReadOnlyList<ComparedValue> Datasets { get; init; }

    /// <summary>The same runs with only what they differ in.</summary>
    public RunComparison Differing => this with
    {
        Parameters = Differ(Parameters),
        Metrics = [.. Metrics.Where(static metric => metric.Differs)],
        Tags = Differ(Tags),
        ReservedTags = Differ(ReservedTags),
        Code = Differ(Code),
        Environment = Differ(Environment),
        Datasets = Differ(Datasets),
    };

    /// <summary>The comparison as one HTML document: styles and curves inline, no script, nothing loaded from elsewhere.</summary>
    public string ToHtml() => new ComparisonHtml(this).Render();

    /// <summary>The comparison as JSON, without the curves. NaN and infinities are the texts <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>; times are in UTC.</summary>
    public string ToJson() => ComparisonJson.Write(this);

    private static ComparedValue[] Differ(IReadOnlyList<ComparedValue> values) => [.. values.Where(static value => value.Differs)];
}
