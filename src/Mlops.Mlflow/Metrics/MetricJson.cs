using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

internal static class MetricJson
{
    public static void Write(Utf8JsonWriter writer, string key, MetricPoint point, string? runId = null)
    {
        writer.WriteStartObject();
        writer.WriteString("key", key);
        writer.WriteDouble("value", point.Value);
        writer.WriteNumber("timestamp", point.Time.ToUnixTimeMilliseconds());
        writer.WriteNumber("step", point.Step);
        if (runId is not null)
        {
            writer.WriteString("run_id", runId);
        }

        writer.WriteEndObject();
    }
}
