namespace Mlops.Tracking;

/// <summary>Which runs to list, all conditions together, and in which order.</summary>
public sealed class RunQuery
{
    /// <summary>Whether those runs are listed that exist (default), that were deleted, by themselves or with their experiment, or both.</summary>
    public Lifecycle Lifecycle { get; set; }

    /// <summary>Only runs in this status; null for any.</summary>
    public RunStatus? Status { get; set; }

    /// <summary>Only children of the run with this id; null for all runs.</summary>
    public string? ParentId { get; set; }

    /// <summary>Only runs that have these tags with exactly these values; at most 16; null for any.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>Only runs that have these parameters with exactly these values; at most 16; null for any.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; set; }

    /// <summary>
    /// Only runs for which this holds, as in <c>metrics.loss &lt; 0.1 AND (params.model = 'tree' OR NOT tags.stage LIKE 'test%')</c>; null (default) for all. Fields: <c>metrics.key</c> (the last
    /// value), <c>min(metrics.key)</c>, <c>max(...)</c>, <c>count(...)</c>, <c>at(metrics.key, step)</c>, <c>params.key</c>, <c>tags.key</c>, <c>datasets.name</c>, <c>datasets.digest</c>,
    /// <c>datasets.context</c>, <c>run_id</c>, <c>run_name</c>, <c>parent_run_id</c>, <c>status</c>, <c>user_id</c>, <c>artifact_uri</c> (as MLflow clients see it), <c>start_time</c> and <c>end_time</c> (milliseconds since 1970-01-01 UTC).
    /// Comparisons: <c>= != &lt; &lt;= &gt; &gt;= IN NOT IN</c>, for texts <c>= != LIKE ILIKE IN NOT IN</c>, where <c>%</c> is any text, <c>_</c> any character, <c>\</c> takes their meaning away and
    /// ILIKE ignores the case of ASCII letters. Keys of other characters than letters, digits and <c>_ . - / :</c> stand in back ticks. The tags <c>mlflow.runName</c> and <c>mlflow.parentRunId</c> are the run's name and parent, whoever set them. Of a value that a run lacks every comparison is false, and of
    /// datasets one is enough. At most 40 000 characters, 100 comparisons, 1 000 values in a list, 32 levels. <c>at</c> reads the runs' points: some tens of milliseconds per page over 10 000 runs.
    /// </summary>
    public string? Filter { get; set; }

    /// <summary>Which metrics, parameters and tags to read, as <c>metrics.loss</c> or <c>params.model</c>, at most 100; null (default) for all. The others are absent from the records.</summary>
    public IReadOnlyList<string>? Columns { get; set; }

    /// <summary>The order; the newest start first unless said otherwise.</summary>
    public RunOrder Order { get; set; } = RunOrder.Newest;

    /// <summary>Runs per page, 1 to 1 000, default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary>The <see cref="RunPage.Next"/> of the page before, for the same query; null for the first page.</summary>
    public string? After { get; set; }

    internal RunQuery Clone() => (RunQuery)MemberwiseClone();
}
