using System.Buffers;
using System.Text.Json;
using Mlops.Tracking;

namespace Mlops;

/// <summary>
/// Writes a run's transition as an OpenLineage <c>RunEvent</c> (spec 2-0-2): the experiment is the job, datasets are its inputs, artifacts
/// its outputs, both with their digest as version.
/// </summary>
internal static class OpenLineageEvent
{
    private const string Schema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
    private const string ParentSchema = "https://openlineage.io/spec/facets/1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet";
    private const string VersionSchema = "https://openlineage.io/spec/facets/1-0-0/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet";
    private const string RowsSchema = "https://openlineage.io/spec/facets/1-0-2/DataQualityMetricsInputDatasetFacet.json#/$defs/DataQualityMetricsInputDatasetFacet";
    private const string SizeSchema = "https://openlineage.io/spec/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet";

    public static ReadOnlyMemory<byte> Of(RunTransition transition, string @namespace, Uri producer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("eventType", TypeOf(transition.Status));
            json.WriteString("eventTime", transition.At);
            json.WriteString("producer", producer.OriginalString);
            json.WriteString("schemaURL", Schema);
            WriteRun(json, transition, @namespace, producer);
            json.WritePropertyName("job");
            WriteJob(json, @namespace, transition.Experiment);
            json.WriteStartArray("inputs");
            foreach (DatasetInput dataset in transition.Datasets)
            {
                WriteInput(json, dataset, @namespace, producer);
            }

            json.WriteEndArray();
            json.WriteStartArray("outputs");
            foreach (RunArtifact artifact in transition.Artifacts)
            {
                WriteOutput(json, artifact, $"{transition.Experiment}/{transition.RunId}/{artifact.Name}", @namespace, producer);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static string TypeOf(RunStatus status) => status switch
    {
        RunStatus.Running => "START",
        RunStatus.Finished => "COMPLETE",
        RunStatus.Killed => "ABORT",
        _ => "FAIL",
    };

    private static void WriteRun(Utf8JsonWriter json, RunTransition transition, string @namespace, Uri producer)
    {
        json.WriteStartObject("run");
        json.WriteString("runId", Guid.ParseExact(transition.RunId, "N"));
        if (transition.ParentId is { } parent)
        {
            json.WriteStartObject("facets");
            WriteFacet(json, "parent", ParentSchema, producer);
            json.WriteStartObject("run");
            json.WriteString("runId", Guid.ParseExact(parent, "N"));
            json.WriteEndObject();
            json.WritePropertyName("job");
            WriteJob(json, @namespace, transition.ParentExperiment ?? transition.Experiment);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteJob(Utf8JsonWriter json, string @namespace, string name)
    {
        json.WriteStartObject();
        json.WriteString("namespace", @namespace);
        json.WriteString("name", name);
        json.WriteEndObject();
    }

    private static void WriteInput(Utf8JsonWriter json, DatasetInput dataset, string @namespace, Uri producer)
    {
        json.WriteStartObject();

        // By OpenLineage's naming the namespace of a dataset is where it lives, and its name the path there.
        if (Uri.TryCreate(dataset.Uri, UriKind.Absolute, out Uri? uri) && uri.AbsolutePath.Length > 1)
        {
            json.WriteString("namespace", uri.IsFile ? "file" : $"{uri.Scheme}://{uri.Authority}");
            json.WriteString("name", uri.AbsolutePath);
        }
        else
        {
            json.WriteString("namespace", @namespace);
            json.WriteString("name", dataset.Name);
        }

        WriteVersion(json, dataset.Digest, producer);
        if (dataset.Rows is { } rows)
        {
            json.WriteStartObject("inputFacets");
            WriteFacet(json, "dataQualityMetrics", RowsSchema, producer);
            json.WriteNumber("rowCount", rows);
            json.WriteStartObject("columnMetrics");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, RunArtifact artifact, string name, string @namespace, Uri producer)
    {
        json.WriteStartObject();
        json.WriteString("namespace", @namespace);
        json.WriteString("name", name);
        WriteVersion(json, artifact.Hash.ToString(), producer);
        json.WriteStartObject("outputFacets");
        WriteFacet(json, "outputStatistics", SizeSchema, producer);
        json.WriteNumber("size", artifact.Length);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter json, string version, Uri producer)
    {
        json.WriteStartObject("facets");
        WriteFacet(json, "version", VersionSchema, producer);
        json.WriteString("datasetVersion", version);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Begins a facet with what all have.</summary>
    private static void WriteFacet(Utf8JsonWriter json, string name, string schema, Uri producer)
    {
        json.WriteStartObject(name);
        json.WriteString("_producer", producer.OriginalString);
        json.WriteString("_schemaURL", schema);
    }
}
