using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Health and metadata, by the Open Inference Protocol.</summary>
internal sealed class ModelEndpoints(ModelServer server, JsonReplies replies)
{
    public const string ServerName = "mlops";

    public static readonly string ServerVersion = typeof(ModelEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public Task LiveAsync(HttpContext context) => HealthAsync(context, "live", server.IsLive);

    public Task ReadyAsync(HttpContext context) => HealthAsync(context, "ready", server.IsReady);

    public Task DescribeServerAsync(HttpContext context) => replies.AnswerAsync(context, static json =>
    {
        json.WriteString("name", ServerName);
        json.WriteString("version", ServerVersion);
        json.WriteStartArray("extensions");
        foreach (string extension in Extensions)
            json.WriteStringValue(extension);
        json.WriteEndArray();
    });

    /// <summary>What is served beside the protocol's core, by the names that Triton gave.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ["binary_tensor_data", "model_repository", "parameters", "schedule_policy", "statistics"];

    public Task ModelReadyAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        bool isReady = RequestRoute.VersionOf(context) is null ? model.IsReady : RequestRoute.FindVersion(context, model) is not null;
        return replies.AnswerAsync(
            context,
            json =>
            {
                json.WriteString("name", model.Name);
                json.WriteBoolean("ready", isReady);
            },
            isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    public Task DescribeModelAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        ModelSignature signature = RequestRoute.FindVersion(context, model)?.Signature
            ?? throw new WireException($"No version of model '{model.Name}' is loaded.", StatusCodes.Status503ServiceUnavailable);
        return replies.AnswerAsync(context, json =>
        {
            json.WriteString("name", model.Name);
            json.WriteStartArray("versions");
            foreach (long number in model.Versions.Select(static version => version.Number).Order())
                json.WriteStringValue(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndArray();
            json.WriteString("platform", signature.Platform);
            WriteTensors(json, "inputs", signature.Inputs);
            WriteTensors(json, "outputs", signature.Outputs);
        });
    }

    private static void WriteTensors(Utf8JsonWriter json, string role, IReadOnlyList<TensorSpec> specs)
    {
        json.WriteStartArray(role);
        foreach (TensorSpec spec in specs)
        {
            json.WriteStartObject();
            json.WriteString("name", spec.Name);
            json.WriteString("datatype", WireTypes.NameOf(spec.Type));
            json.WriteStartArray("shape");
            foreach (long size in spec.Shape)
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private Task HealthAsync(HttpContext context, string name, bool value) =>
        replies.AnswerAsync(context, json => json.WriteBoolean(name, value), value ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
