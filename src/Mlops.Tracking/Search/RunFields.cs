using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>By what runs are found and ordered, over the run <c>r</c>.</summary>
internal static class RunFields
{
    public const string Metrics = "metrics";
    public const string Parameters = "params";
    public const string Tags = "tags";

    public static readonly QueryFields All = new QueryFields("run")
        .Add("run_id", QueryField.Text("r.id"))
        .Add("run_name", QueryField.Text("r.name"), "run name")
        .Add("parent_run_id", QueryField.Text("(SELECT p.id FROM tracking_run p WHERE p.run = r.parent)", isNullable: true))
        .Add("status", QueryField.Choice("r.status", Enum.GetValues<RunStatus>().ToDictionary(static status => status.ToString().ToUpperInvariant(), static status => (long)status)))
        .Add("start_time", QueryField.Time("r.started"), "created")
        .Add("end_time", QueryField.Time("r.ended", isNullable: true))
        .Add("user_id", QueryField.Keyed("tracking_tag", "run", "r.run", RunTags.User))
        .AddKeyed(Metrics, static key => MetricField.Value(key, "last_order"), "metric")
        .AddKeyed(Parameters, static key => QueryField.Keyed("tracking_parameter", "run", "r.run", key), "param", "parameter", "parameters")
        .AddKeyed(Tags, static key => QueryField.Keyed("tracking_tag", "run", "r.run", key), "tag")
        .AddKeyed("datasets", DatasetField.Of, "dataset")
        .AddFunction("last", Metrics, static key => MetricField.Value(key, "last_order"))
        .AddFunction("min", Metrics, static key => MetricField.Value(key, "minimum_order"))
        .AddFunction("max", Metrics, static key => MetricField.Value(key, "maximum_order"))
        .AddFunction("count", Metrics, MetricField.Count)
        .AddFunction("at", Metrics, static (key, step) => new StepField(key, step));
}
