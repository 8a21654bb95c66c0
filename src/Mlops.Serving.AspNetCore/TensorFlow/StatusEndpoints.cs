using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Which versions there are and what they take, by the REST protocol of TensorFlow Serving.</summary>
internal sealed class StatusEndpoints(ModelServer server, JsonReplies replies)
{
    public Task StatusAsync(HttpContext context)
    {
        string name = RequestRoute.NameOf(context);
        long? number = RequestRoute.VersionOf(context);
        ModelFolderEntry[] entries = [.. ModelRepository.List(server, onlyReady: false).Where(entry => entry.Name == name && entry.Version is not null && (number is null || entry.Version == number))];
        if (entries.Length == 0)
            throw new WireException($"There is no model '{RestError.Shorten(name)}'{(number is null ? "" : $" with a version {number}")}.", StatusCodes.Status404NotFound);

        return replies.AnswerAsync(context, json =>
        {
            json.WriteStartArray("model_version_status");
            foreach (ModelFolderEntry entry in entries.Reverse())
            {
                json.WriteStartObject();
                json.WriteString("version", entry.Version!.Value.ToString(CultureInfo.InvariantCulture));
                json.WriteString("state", StateOf(entry.State));
                json.WriteStartObject("status");
                json.WriteString("error_code", entry.State == ModelState.Unavailable && entry.Reason.Length > 0 ? "UNKNOWN" : "OK");
                json.WriteString("error_message", entry.State == ModelState.Unavailable ? entry.Reason : "");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public Task MetadataAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        ServedVersion version = RequestRoute.FindVersion(context, model)
            ?? throw new WireException($"No version of model '{model.Name}' is loaded.", StatusCodes.Status503ServiceUnavailable);
        return replies.AnswerAsync(context, json =>
        {
            json.WriteStartObject("model_spec");
            json.WriteString("name", model.Name);
            json.WriteString("signature_name", "");
            json.WriteString("version", version.Number.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteStartObject("metadata");
            json.WriteStartObject("signature_def");
            json.WriteStartObject("signature_def");
            json.WriteStartObject("serving_default");
            WriteTensors(json, "inputs", version.Signature.Inputs);
            WriteTensors(json, "outputs", version.Signature.Outputs);
            json.WriteString("method_name", "tensorflow/serving/predict");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static void WriteTensors(Utf8JsonWriter json, string role, IReadOnlyList<TensorSpec> specs)
    {
        json.WriteStartObject(role);
        foreach (TensorSpec spec in specs)
        {
            json.WriteStartObject(spec.Name);
            json.WriteString("dtype", TypeOf(spec.Type));
            json.WriteStartObject("tensor_shape");
            json.WriteStartArray("dim");
            foreach (long size in spec.Shape)
            {
                json.WriteStartObject();
                json.WriteString("size", size.ToString(CultureInfo.InvariantCulture));
                json.WriteString("name", "");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteBoolean("unknown_rank", false);
            json.WriteEndObject();
            json.WriteString("name", spec.Name);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string StateOf(ModelState state) => state switch
    {
        ModelState.Loading => "LOADING",
        ModelState.Ready => "AVAILABLE",
        ModelState.Unloading => "UNLOADING",
        ModelState.Unavailable => "END",
        _ => "UNKNOWN",
    };

    private static string TypeOf(TensorDataType type) => type switch
    {
        TensorDataType.Boolean => "DT_BOOL",
        TensorDataType.UInt8 => "DT_UINT8",
        TensorDataType.UInt16 => "DT_UINT16",
        TensorDataType.UInt32 => "DT_UINT32",
        TensorDataType.UInt64 => "DT_UINT64",
        TensorDataType.Int8 => "DT_INT8",
        TensorDataType.Int16 => "DT_INT16",
        TensorDataType.Int32 => "DT_INT32",
        TensorDataType.Int64 => "DT_INT64",
        TensorDataType.Float16 => "DT_HALF",
        TensorDataType.BFloat16 => "DT_BFLOAT16",
        TensorDataType.Float32 => "DT_FLOAT",
        TensorDataType.Float64 => "DT_DOUBLE",
        _ => "DT_STRING",
    };
}
