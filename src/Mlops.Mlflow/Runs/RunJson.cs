using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

internal static class RunJson
{
    public static void Write(Utf8JsonWriter writer, RunRecord run, IReadOnlyList<DatasetInput> datasets)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("info");
        WriteInfo(writer, run);
        writer.WriteStartObject("data");
        WriteMetrics(writer, run);
        WireTags.Write(writer, "params", run.Parameters);
        WriteTags(writer, run);
        writer.WriteEndObject();
        writer.WriteStartObject("inputs");
        DatasetJson.Write(writer, datasets);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void WriteInfo(Utf8JsonWriter writer, RunRecord run)
    {
        writer.WriteStartObject();
        writer.WriteString("run_id", run.Id);
        writer.WriteString("run_uuid", run.Id);
        writer.WriteString("run_name", run.Name);
        writer.WriteString("experiment_id", ExperimentIds.IdOf(run));
        writer.WriteString("user_id", run.Tags.GetValueOrDefault(RunTags.User, ""));
        writer.WriteString("status", RunStatuses.Name(run.Status));
        writer.WriteNumber("start_time", run.StartTime.ToUnixTimeMilliseconds());
        if (run.EndTime is { } end)
        {
            writer.WriteNumber("end_time", end.ToUnixTimeMilliseconds());
        }

        writer.WriteString("artifact_uri", ProxyPath.RootOf(run));
        writer.WriteString("lifecycle_stage", run.IsDeleted ? "deleted" : "active");
        writer.WriteEndObject();
    }

    private static void WriteMetrics(Utf8JsonWriter writer, RunRecord run)
    {
        if (run.Metrics.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("metrics");
        foreach ((string key, MetricSummary summary) in run.Metrics)
        {
            MetricJson.Write(writer, key, summary.Last);
        }

        writer.WriteEndArray();
    }

    /// <summary>Clients look for the run's name and parent among its tags, where runs of this process need not have them.</summary>
    private static void WriteTags(Utf8JsonWriter writer, RunRecord run)
    {
        writer.WriteStartArray("tags");
        WireTags.WriteOne(writer, RunTags.Name, run.Name);
        if (run.ParentId is { } parent && !run.Tags.ContainsKey(RunTags.ParentRunId))
        {
            WireTags.WriteOne(writer, RunTags.ParentRunId, parent);
        }

        foreach ((string key, string value) in run.Tags)
        {
            if (key != RunTags.Name)
            {
                WireTags.WriteOne(writer, key, value);
            }
        }

        writer.WriteEndArray();
    }
}
