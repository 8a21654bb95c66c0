using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Data that runs read.</summary>
internal static class DatasetJson
{
    /// <summary>The tag of an input that says what the run read it for.</summary>
    private const string ContextTag = "mlflow.data.context";

    private const int MaximumInputs = 1_000;

    public static List<DatasetInput> Read(MlflowRequest fields)
    {
        List<MlflowRequest> inputs = fields.Objects("datasets");
        return inputs.Count <= MaximumInputs
            ? inputs.ConvertAll(ReadOne)
            : throw ProtocolException.Invalid($"A request can log at most {MaximumInputs} datasets. Got {inputs.Count}.");
    }

    public static void Write(Utf8JsonWriter writer, IReadOnlyList<DatasetInput> datasets, string name = "dataset_inputs")
    {
        if (datasets.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (DatasetInput dataset in datasets)
        {
            WriteOne(writer, dataset);
        }

        writer.WriteEndArray();
    }

    public static void WriteOne(Utf8JsonWriter writer, DatasetInput dataset)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("tags");
        foreach ((string key, string value) in dataset.Tags ?? new Dictionary<string, string>())
        {
            WireTags.WriteOne(writer, key, value);
        }

        if (dataset.Context is not null)
        {
            WireTags.WriteOne(writer, ContextTag, dataset.Context);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("dataset");
        writer.WriteString("name", dataset.Name);
        writer.WriteString("digest", dataset.Digest);
        writer.WriteString("source_type", dataset.UriType ?? "");
        writer.WriteString("source", dataset.Uri ?? "");
        WriteOptional(writer, "schema", dataset.Schema);
        WriteOptional(writer, "profile", dataset.Profile);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The inputs of a run as servers write them, ordered as a database lists them.</summary>
    public static List<DatasetInput> Read(JsonElement run)
    {
        if (!run.TryGetProperty("inputs", out JsonElement inputs))
        {
            return [];
        }

        List<DatasetInput> datasets = [];
        foreach (JsonElement input in MlflowRunReader.List(inputs, "dataset_inputs"))
        {
            if (input.TryGetProperty("dataset", out JsonElement dataset))
            {
                Dictionary<string, string> tags = MlflowRunReader.Pairs(input, "tags");
                tags.Remove(ContextTag, out string? context);
                datasets.Add(new DatasetInput(MlflowRunReader.Text(dataset, "name"), MlflowRunReader.Text(dataset, "digest"))
                {
                    Uri = OptionalText(dataset, "source"),
                    UriType = OptionalText(dataset, "source_type"),
                    Schema = OptionalText(dataset, "schema"),
                    Profile = OptionalText(dataset, "profile"),
                    Context = context,
                    Tags = tags.Count == 0 ? null : tags,
                });
            }
        }

        return [.. datasets.OrderBy(static dataset => dataset.Name, StringComparer.Ordinal)
            .ThenBy(static dataset => dataset.Digest, StringComparer.Ordinal).ThenBy(static dataset => dataset.Context, StringComparer.Ordinal)];
    }

    private static string? OptionalText(JsonElement dataset, string name) => MlflowRunReader.Text(dataset, name) is { Length: > 0 } text ? text : null;

    private static DatasetInput ReadOne(MlflowRequest input)
    {
        MlflowRequest dataset = input.Object("dataset") ?? throw ProtocolException.Missing("dataset");
        Dictionary<string, string> tags = WireTags.Read(input);
        tags.Remove(ContextTag, out string? context);
        return new DatasetInput(dataset.RequiredText("name"), dataset.RequiredText("digest"))
        {
            Uri = dataset.Text("source"),
            UriType = dataset.Text("source_type"),
            Schema = dataset.Text("schema"),
            Profile = dataset.Text("profile"),
            Context = context,
            Tags = tags.Count == 0 ? null : tags,
        };
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
