using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Runs and points as servers write them.</summary>
internal static class MlflowRunReader
{
    public static MlflowRun Read(JsonElement run)
    {
        JsonElement info = run.GetProperty("info");
        run.TryGetProperty("data", out JsonElement data);
        return new MlflowRun
        {
            Id = RequiredText(info, "run_id"),
            ExperimentId = Text(info, "experiment_id"),
            Name = Text(info, "run_name"),
            Status = Text(info, "status") switch
            {
                "FINISHED" => RunStatus.Finished,
                "FAILED" => RunStatus.Failed,
                "KILLED" => RunStatus.Killed,
                _ => RunStatus.Running,
            },
            StartTime = Time(info, "start_time") ?? DateTimeOffset.UnixEpoch,
            EndTime = Time(info, "end_time"),
            ArtifactUri = Text(info, "artifact_uri"),
            Parameters = Pairs(data, "params"),
            Tags = Pairs(data, "tags"),
            Metrics = [.. List(data, "metrics").Select(static metric => Text(metric, "key"))],
            LastPoints = List(data, "metrics").ToDictionary(static metric => Text(metric, "key"), ReadPoint, StringComparer.Ordinal),
            IsDeleted = Text(info, "lifecycle_stage") == "deleted",
            Datasets = DatasetJson.Read(run),
        };
    }

    public static MetricPoint ReadPoint(JsonElement metric)
    {
        JsonElement value = metric.GetProperty("value");
        return new MetricPoint(
            Whole(metric, "step") ?? 0,
            Time(metric, "timestamp") ?? DateTimeOffset.UnixEpoch,
            value.ValueKind == JsonValueKind.String ? WireNumber.Parse(value.GetString()) ?? double.NaN : value.GetDouble());
    }

    public static IEnumerable<JsonElement> List(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    /// <summary>An id or a name, without which an answer is none.</summary>
    /// <exception cref="FormatException">It is empty. Where it is absent or no text, other exceptions say so.</exception>
    public static string RequiredText(JsonElement parent, string name) =>
        parent.GetProperty(name).GetString() is { Length: > 0 } text ? text : throw new FormatException($"There is no {name}.");

    public static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>A number, or the text that other writers of its format make of it.</summary>
    public static long? Whole(JsonElement parent, string name) => !parent.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number
        : value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), System.Globalization.CultureInfo.InvariantCulture, out number) ? number
        : null;

    public static Dictionary<string, string> Pairs(JsonElement data, string name)
    {
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        foreach (JsonElement pair in List(data, name))
        {
            pairs[Text(pair, "key")] = Text(pair, "value");
        }

        return pairs;
    }

    public static DateTimeOffset? Time(JsonElement parent, string name) =>
        Whole(parent, name) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}
