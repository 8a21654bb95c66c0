using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>By what runs are found and ordered, over the run <c>r</c>.</summary>
internal static class RunFields
{
    public const string Metrics = "metrics";
    public const string Parameters = "params";
    public const string Tags = "tags";

    /// <summary>What the MLflow API tells clients, where the experiment called Default is number 0.</summary>
    private const string ArtifactUri =
        """
        'mlflow-artifacts:/' || CASE WHEN r.experiment = (SELECT experiment FROM tracking_experiment WHERE name = 'Default') THEN '0' ELSE CAST(r.experiment AS TEXT) END
            || '/' || r.id || '/artifacts'
        """;

    private const string Parent = "(SELECT p.id FROM tracking_run p WHERE p.run = r.parent)";

    /// <summary>A tag that names a parent which is not here stays one; runs that were started with a parent need not have the tag.</summary>
    private const string ParentTag =
        "COALESCE((SELECT x.value FROM tracking_tag x WHERE x.run = r.run AND x.name = '" + RunTags.ParentRunId + "'), " + Parent + ")";

    public static readonly QueryFields All = new QueryFields("run")
        .Add("run_id", QueryField.Text("r.id"))
        .Add("run_name", QueryField.Text("r.name"), "run name")
        .Add("parent_run_id", QueryField.Text(Parent, isNullable: true))
        .Add("status", QueryField.Choice("r.status", Enum.GetValues<RunStatus>().ToDictionary(static status => status.ToString().ToUpperInvariant(), static status => (long)status)))
        .Add("artifact_uri", QueryField.Text($"({ArtifactUri})"))
        .Add("start_time", QueryField.Time("r.started"), "created")
        .Add("end_time", QueryField.Time("r.ended", isNullable: true))
        .Add("user_id", QueryField.Keyed("tracking_tag", "run", "r.run", RunTags.User))
        .AddKeyed(Metrics, static key => MetricField.Value(key, "last_order"), "metric")
        .AddKeyed(Parameters, static key => QueryField.Keyed("tracking_parameter", "run", "r.run", key), "param", "parameter", "parameters")
        .AddKeyed(Tags, Tag, "tag")
        .AddKeyed("datasets", DatasetField.Of, "dataset")
        .AddFunction("last", Metrics, static key => MetricField.Value(key, "last_order"))
        .AddFunction("min", Metrics, static key => MetricField.Value(key, "minimum_order"))
        .AddFunction("max", Metrics, static key => MetricField.Value(key, "maximum_order"))
        .AddFunction("count", Metrics, MetricField.Count)
        .AddFunction("at", Metrics, static (key, step) => new StepField(key, step));

    /// <summary>Clients see name and parent of every run among its tags, where not every run has them.</summary>
    private static QueryField Tag(string key) => key switch
    {
        RunTags.Name => QueryField.Text("r.name"),
        RunTags.ParentRunId => QueryField.Text(ParentTag, isNullable: true),
        _ => QueryField.Keyed("tracking_tag", "run", "r.run", key),
    };
}
