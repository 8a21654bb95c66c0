using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Conditions on the run <c>r</c>. Runs are not rewritten when their experiment is deleted, so every condition looks at both; the run's
/// own column is the last one of the index that lists walk.
/// </summary>
internal static class RunLifecycleSql
{
    /// <summary>Not being removed for good.</summary>
    public const string Kept = "COALESCE(r.deleted, 1) > 0";

    /// <summary>Appends that a run is of one of the experiments, and that it exists, was deleted, or either.</summary>
    public static void AppendRuns(SqlText sql, IReadOnlyList<string> experiments, Lifecycle lifecycle)
    {
        AppendScope(sql, experiments, lifecycle == Lifecycle.Active ? " AND deleted IS NULL" : "");
        sql.Append(lifecycle switch
        {
            Lifecycle.Active => " AND r.deleted IS NULL",
            Lifecycle.Deleted => $" AND {Kept} AND (r.deleted IS NOT NULL OR r.experiment IN (SELECT experiment FROM tracking_experiment WHERE deleted IS NOT NULL))",
            _ => $" AND {Kept}",
        });
    }

    /// <summary>Appends that a run is of one of the experiments.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="experiments">The experiments' names.</param>
    /// <param name="condition">More that has to hold of the experiment.</param>
    public static void AppendScope(SqlText sql, IReadOnlyList<string> experiments, string condition = "")
    {
        if (experiments.Count == 1)
        {
            sql.Append("r.experiment = (SELECT experiment FROM tracking_experiment WHERE name = ").AppendArgument(experiments[0]).Append($"{condition})");
            return;
        }

        sql.Append("r.experiment IN (SELECT experiment FROM tracking_experiment WHERE ")
            .AppendValues("name", FilterOperator.In, experiments.Select(static name => (SqlValue)name)).Append($"{condition})");
    }
}
