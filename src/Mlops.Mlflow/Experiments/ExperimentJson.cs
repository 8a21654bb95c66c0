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

    public static void WriteList(Utf8JsonWriter writer, List<Experiment> experiments, string? next)
    {
        if (experiments.Count > 0)
        {
            writer.WriteStartArray("experiments");
            foreach (Experiment experiment in experiments)
            {
                Write(writer, experiment);
            }

            writer.WriteEndArray();
        }

        if (next is not null)
        {
            writer.WriteString("next_page_token", next);
        }
    }
}
