using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Mlops.Tracking;

/// <summary>Writes a comparison as JSON.</summary>
internal static class ComparisonJson
{
    private const int Format = 1;

    public static string Write(RunComparison comparison)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteStartArray("runs");
            foreach (RunRecord run in comparison.Runs)
            {
                Run(json, run);
            }

            json.WriteEndArray();
            Values(json, "parameters", comparison.Parameters);
            Metrics(json, comparison.Metrics);
            Values(json, "tags", comparison.Tags);
            Values(json, "reservedTags", comparison.ReservedTags);
            Values(json, "code", comparison.Code);
            Values(json, "environment", comparison.Environment);
            Values(json, "datasets", comparison.Datasets);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void Run(Utf8JsonWriter json, RunRecord run)
    {
        json.WriteStartObject();
        json.WriteString("id", run.Id);
        json.WriteString("experiment", run.Experiment);
        json.WriteString("name", run.Name);
        json.WriteString("status", run.Status.ToString());
        json.WriteString("startTime", run.StartTime);
        if (run.EndTime is { } end)
        {
            json.WriteString("endTime", end);
        }

        json.WriteNumber("droppedItems", run.DroppedItems);
        json.WriteEndObject();
    }

    private static void Values(Utf8JsonWriter json, string name, IReadOnlyList<ComparedValue> values)
    {
        json.WriteStartArray(name);
        foreach (ComparedValue value in values)
        {
            json.WriteStartObject();
            json.WriteString("name", value.Name);
            json.WriteStartArray("values");
            foreach (string? text in value.Values)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
            Groups(json, value.Groups);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Metrics(Utf8JsonWriter json, IReadOnlyList<ComparedMetric> metrics)
    {
        json.WriteStartArray("metrics");
        foreach (ComparedMetric metric in metrics)
        {
            json.WriteStartObject();
            json.WriteString("name", metric.Name);
            json.WriteStartArray("values");
            foreach (MetricSummary? summary in metric.Summaries)
            {
                Summary(json, summary);
            }

            json.WriteEndArray();
            Groups(json, metric.Groups);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Summary(Utf8JsonWriter json, MetricSummary? summary)
    {
        if (summary is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        Number(json, "last", summary.Value);
        json.WriteNumber("step", summary.Last.Step);
        Number(json, "minimum", summary.Minimum);
        Number(json, "maximum", summary.Maximum);
        json.WriteNumber("count", summary.Count);
        json.WriteEndObject();
    }

    private static void Groups(Utf8JsonWriter json, IReadOnlyList<int> groups)
    {
        json.WriteStartArray("groups");
        foreach (int group in groups)
        {
            json.WriteNumberValue(group);
        }

        json.WriteEndArray();
    }

    /// <summary>JSON has no NaN and no infinities.</summary>
    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else if (double.IsFinite(value.Value))
        {
            json.WriteNumber(name, value.Value);
        }
        else
        {
            json.WriteString(name, value.Value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
