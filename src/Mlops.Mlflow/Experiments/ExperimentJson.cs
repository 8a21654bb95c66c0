using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

internal static class ExperimentJson
{
    public static void Write(Utf8JsonWriter writer, Experiment experiment)
    {
        writer.WriteStartObject();
        writer.WriteString("experiment_id", ExperimentIds.IdOf(experiment));
        writer.WriteString("name", experiment.Name);
        writer.WriteString("artifact_location", ExperimentIds.LocationOf(experiment));
        writer.WriteString("lifecycle_stage", experiment.IsDeleted ? "deleted" : "active");
        writer.WriteNumber("last_update_time", experiment.ChangedAt.ToUnixTimeMilliseconds());
        writer.WriteNumber("creation_time", experiment.CreatedAt.ToUnixTimeMilliseconds());
        WireTags.Write(writer, "tags", experiment.Tags);
        writer.WriteEndObject();
    }
}
