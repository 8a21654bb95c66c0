namespace Mlops.Tracking;

/// <summary>
/// Conditions on the run <c>r</c>. Runs are not rewritten when their experiment is deleted, so every condition looks at both; the run's
/// own column is the last one of the index that lists walk.
/// </summary>
internal static class RunLifecycleSql
{
    /// <summary>Not being removed for good.</summary>
    public const string Kept = "COALESCE(r.deleted, 1) > 0";

    /// <summary>The runs of the experiment <c>@experiment</c>.</summary>
    public static string OfExperiment(Lifecycle lifecycle) => lifecycle switch
    {
        Lifecycle.Active => "r.experiment = (SELECT experiment FROM tracking_experiment WHERE name = @experiment AND deleted IS NULL) AND r.deleted IS NULL",
        Lifecycle.Deleted =>
            $"""
            r.experiment = (SELECT experiment FROM tracking_experiment WHERE name = @experiment) AND {Kept}
            AND (r.deleted IS NOT NULL OR (SELECT deleted FROM tracking_experiment WHERE name = @experiment) IS NOT NULL)
            """,
        _ => $"r.experiment = (SELECT experiment FROM tracking_experiment WHERE name = @experiment) AND {Kept}",
    };
}
