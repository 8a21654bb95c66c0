using System.Buffers;
using System.Text;
using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/runs/*</c> that log to a run.</summary>
internal sealed class RunLogEndpoints(Tracker tracker, LongValues values)
{
    private const string ModelsTag = "mlflow.log-model.history";

    private static readonly string[] ModelFields = ["artifact_path", "flavors", "utc_time_created", "run_id"];

    // Appending to the tag reads it first. Two processes that do it at the same moment may lose one entry; within one they wait.
    private static readonly SemaphoreSlim Models = new(1);

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("POST", "mlflow/runs/log-metric", LogMetricAsync),
        new("POST", "mlflow/runs/log-parameter", LogParameterAsync),
        new("POST", "mlflow/runs/set-tag", SetTagAsync),
        new("POST", "mlflow/runs/delete-tag", DeleteTagAsync),
        new("POST", "mlflow/runs/log-batch", LogBatchAsync) { ReadsBytes = true },
        new("POST", "mlflow/runs/log-model", LogModelAsync),
        new("POST", "mlflow/runs/log-inputs", LogInputsAsync),
    ];

    private async Task LogMetricAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields);
        var metric = new Metric(
            call.Fields.RequiredText("key"),
            call.Fields.RequiredDouble("value"),
            Time: WireNumber.Time(call.Fields.RequiredInt64("timestamp"), "timestamp"),
            Step: call.Fields.Int64("step") ?? 0);
        await ClientValues.Pass(() => tracker.LogAsync(run, new RunLog { Metrics = [metric] }, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task LogParameterAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields), key = call.Fields.RequiredText("key");
        string value = values.Parameter(call.Fields.Text("value") ?? throw ProtocolException.Missing("value"));
        await ClientValues.Pass(() => tracker.LogAsync(run, new RunLog { Parameters = new Dictionary<string, string> { [key] = value } }, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task SetTagAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields), key = call.Fields.RequiredText("key"), value = values.Tag(call.Fields.Text("value") ?? "");
        await SetTagAsync(run, key, value, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task DeleteTagAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields), key = call.Fields.RequiredText("key");
        bool removed = await ClientValues.Pass(() => tracker.RemoveTagAsync(run, key, call.Cancelled)).ConfigureAwait(false);
        await (removed ? call.AnswerAsync() : throw ProtocolException.NotFound($"No tag with name: {ProtocolException.Shorten(key)} in run with id {run}")).ConfigureAwait(false);
    }

    private async Task LogBatchAsync(MlflowCall call)
    {
        LogBatch batch = LogBatch.Read(call.Body.Span, values);
        string run = batch.RunId;
        try
        {
            await ClientValues.Pass(() => tracker.LogAsync(run, new RunLog { Metrics = batch.Metrics, Parameters = batch.Parameters, Tags = batch.Tags }, call.Cancelled)).ConfigureAwait(false);
        }
        catch (ParameterConflictException conflict)
        {
            IEnumerable<string> all = conflict.Conflicts.Select(static one => $"{{'key': '{one.Key}', 'old_value': '{one.Stored}', 'new_value': '{one.Refused}'}}");
            throw ProtocolException.Invalid($"Changing param values is not allowed. Params were already logged='[{string.Join(", ", all)}]' for run ID='{run}'.");
        }

        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task LogModelAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields);
        JsonElement model = ModelOf(call.Fields.RequiredText("model_json"));
        await Models.WaitAsync(call.Cancelled).ConfigureAwait(false);
        try
        {
            RunRecord record = await tracker.GetRunAsync(run, call.Cancelled).ConfigureAwait(false);
            string history = Append(record.Tags.GetValueOrDefault(ModelsTag), model);
            if (history.Length > WireTags.MaximumRunTagLength)
            {
                throw WireTags.TooLong($"The tag {ModelsTag}: its", history.Length, WireTags.MaximumRunTagLength);
            }

            await SetTagAsync(run, ModelsTag, history, call.Cancelled).ConfigureAwait(false);
        }
        finally
        {
            Models.Release();
        }

        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task LogInputsAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields);
        List<DatasetInput> datasets = DatasetJson.Read(call.Fields);

        // Clients of version 3 send models here, and no datasets.
        if (datasets.Count == 0 && call.Fields.Objects("models").Count == 0)
        {
            throw ProtocolException.Missing("datasets");
        }

        await ClientValues.Pass(() => tracker.LogAsync(run, new RunLog { Datasets = datasets }, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private Task SetTagAsync(string run, string key, string value, CancellationToken cancellationToken) =>
        ClientValues.Pass(() => tracker.LogAsync(run, new RunLog { Tags = new Dictionary<string, string> { [key] = value } }, cancellationToken));

    private static JsonElement ModelOf(string json)
    {
        JsonElement model;
        string[] missing;
        try
        {
            model = MlflowRequest.ParseText(json);
            missing = model.ValueKind == JsonValueKind.Object ? [.. ModelFields.Where(field => !model.TryGetProperty(field, out _))] : throw Malformed();
        }
        catch (Exception exception) when (exception is ProtocolException or InvalidOperationException)
        {
            throw Malformed();
        }

        return missing.Length == 0
            ? model
            : throw ProtocolException.Invalid($"Model json is missing mandatory fields: [{string.Join(", ", missing.Select(static field => $"'{field}'"))}]");
    }

    private static ProtocolException Malformed() => ProtocolException.Invalid("Malformed model info. It must be a JSON object.");

    /// <summary>The JSON list with one item more; what cannot be read as a list is replaced.</summary>
    private static string Append(string? history, JsonElement model)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (JsonElement earlier in Earlier(history))
            {
                earlier.WriteTo(writer);
            }

            try
            {
                model.WriteTo(writer);
            }
            catch (InvalidOperationException)
            {
                throw Malformed();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonElement.ArrayEnumerator Earlier(string? history)
    {
        try
        {
            return history is not null && MlflowRequest.ParseText(history) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;
        }
        catch (ProtocolException)
        {
            return default;
        }
    }
}
