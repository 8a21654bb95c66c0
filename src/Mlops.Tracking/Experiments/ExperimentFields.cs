using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>By what experiments are found and ordered, over the experiment <c>e</c>.</summary>
internal static class ExperimentFields
{
    /// <summary>Newest first; of one time, the later number.</summary>
    public const string Ending = "creation_time DESC, experiment_id DESC";

    public const string Changed = "COALESCE(e.changed, e.created)";

    public static readonly QueryFields All = new QueryFields("experiment")
        .Add("name", QueryField.Text("e.name"))
        .Add("experiment_id", QueryField.Whole("e.experiment"))
        .Add("creation_time", QueryField.Time("e.created"))
        .Add("last_update_time", QueryField.Time(Changed))
        .AddKeyed("tags", static key => QueryField.Keyed("tracking_experiment_tag", "experiment", "e.experiment", key), "tag");
}
