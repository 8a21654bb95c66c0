using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>What each version has done: Triton's statistics extension. Inferences count rows, executions runs.</summary>
internal sealed class StatisticsEndpoints(ModelServer server, JsonReplies replies)
{
    public Task OfAllAsync(HttpContext context) => AnswerAsync(context, server.Models.SelectMany(static model => model.Statistics.Select(version => (model.Name, version))));

    public Task OfModelAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        long? number = RequestRoute.VersionOf(context) is null ? null : RequestRoute.FindVersion(context, model)!.Number;
        return AnswerAsync(context, model.Statistics.Where(version => number is null || version.Version.Number == number).Select(version => (model.Name, version)));
    }

    private Task AnswerAsync(HttpContext context, IEnumerable<(string Model, ModelStatistics Statistics)> versions) => replies.AnswerAsync(context, json =>
    {
        json.WriteStartArray("model_stats");
        foreach ((string model, ModelStatistics statistics) in versions.OrderBy(static entry => entry.Model, StringComparer.Ordinal).ThenBy(static entry => entry.Statistics.Version.Number))
            Write(json, model, statistics);
        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, string model, ModelStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteString("name", model);
        json.WriteString("version", statistics.Version.Number.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("last_inference", statistics.LastInference?.ToUnixTimeMilliseconds() ?? 0);
        json.WriteNumber("inference_count", statistics.InferenceCount);
        json.WriteNumber("execution_count", statistics.ExecutionCount);
        json.WriteStartObject("inference_stats");
        Write(json, "success", statistics.Success);
        Write(json, "fail", statistics.Fail);
        Write(json, "queue", statistics.Queue);
        Write(json, "compute_input", statistics.ComputeInput);
        Write(json, "compute_infer", statistics.ComputeInfer);
        Write(json, "compute_output", statistics.ComputeOutput);
        json.WriteEndObject();
        json.WriteStartArray("batch_stats");
        foreach (BatchSizeStatistics size in statistics.BatchSizes)
        {
            json.WriteStartObject();
            json.WriteNumber("batch_size", size.Rows);
            Write(json, "compute_infer", new DurationStatistics(size.Count, size.TotalNanoseconds));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, DurationStatistics duration)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", duration.Count);
        json.WriteNumber("ns", duration.TotalNanoseconds);
        json.WriteEndObject();
    }
}
