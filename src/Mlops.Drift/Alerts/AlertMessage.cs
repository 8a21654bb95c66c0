using System.Buffers;
using System.Text.Json;

namespace Mlops.Drift;

/// <summary>An alert as other systems see it; <see cref="WebhookObserver"/> documents the format.</summary>
internal static class AlertMessage
{
    private const int MaximumFeatures = 100;

    public static ReadOnlyMemory<byte> Of(DriftAlert alert)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
            Write(json, alert);
        return buffer.WrittenMemory;
    }

    public static string WordFor(AlertChange change) => change switch
    {
        AlertChange.Raised => "raised",
        AlertChange.Cleared => "cleared",
        _ => "repeated",
    };

    private static void Write(Utf8JsonWriter json, DriftAlert alert)
    {
        json.WriteStartObject();
        json.WriteString("type", $"drift.alert.{WordFor(alert.Change)}");
        json.WriteString("timestamp", alert.At.UtcDateTime);
        json.WriteStartObject("data");
        json.WriteString("id", alert.Id);
        json.WriteString("monitor", alert.Monitor);
        json.WriteString("modelVersion", alert.ModelVersion);
        json.WriteString("kind", AlertKinds.TagOf(alert.Kind));
        json.WriteString("change", WordFor(alert.Change));
        json.WriteNumber("occurrence", alert.Occurrence);
        json.WriteString("severity", alert.Severity == AlertSeverity.Critical ? "critical" : "warning");
        json.WriteString("reason", alert.Reason);
        json.WriteNumber("featureCount", alert.Features.Count);
        WriteTexts(json, "features", alert.Features.Take(MaximumFeatures));
        WriteTexts(json, "segmentColumns", alert.SegmentColumns.Take(MaximumFeatures));
        WriteOptional(json, "pValue", alert.PValue);
        WriteOptional(json, "effect", alert.Effect);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value && double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
