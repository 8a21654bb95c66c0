using Mlops.Tracking;

namespace Mlops;

/// <summary>
/// Writes a tracked run's transition as an OpenLineage <c>RunEvent</c> (spec 2-0-2): the experiment is the job, datasets are its inputs, artifacts
/// its outputs, both with their digest as version.
/// </summary>
internal static class OpenLineageEvent
{
    public static ReadOnlyMemory<byte> Of(RunTransition transition, string @namespace, Uri producer)
    {
        using var writer = new OpenLineageWriter(@namespace, producer);
        writer.Begin(TypeOf(transition.Status), transition.At);
        WriteRun(writer, transition);
        writer.WriteJob(transition.Experiment);
        writer.Json.WriteStartArray("inputs");
        foreach (DatasetInput dataset in transition.Datasets)
        {
            WriteInput(writer, dataset);
        }

        writer.Json.WriteEndArray();
        writer.Json.WriteStartArray("outputs");
        foreach (RunArtifact artifact in transition.Artifacts)
        {
            WriteOutput(writer, artifact, $"{transition.Experiment}/{transition.RunId}/{artifact.Name}");
        }

        writer.Json.WriteEndArray();
        return writer.End();
    }

    private static string TypeOf(RunStatus status) => status switch
    {
        RunStatus.Running => "START",
        RunStatus.Finished => "COMPLETE",
        RunStatus.Killed => "ABORT",
        _ => "FAIL",
    };

    private static void WriteRun(OpenLineageWriter writer, RunTransition transition)
    {
        writer.Json.WriteStartObject("run");
        writer.WriteRunId(transition.RunId);
        if (transition.ParentId is { } parent)
        {
            writer.Json.WriteStartObject("facets");
            writer.WriteParent(parent, transition.ParentExperiment ?? transition.Experiment);
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndObject();
    }

    private static void WriteInput(OpenLineageWriter writer, DatasetInput dataset)
    {
        writer.Json.WriteStartObject();
        writer.WriteDatasetName(dataset.Uri, dataset.Name);
        writer.WriteVersion(dataset.Digest);
        if (dataset.Rows is { } rows)
        {
            writer.Json.WriteStartObject("inputFacets");
            writer.BeginFacet("dataQualityMetrics", "1-0-2/DataQualityMetricsInputDatasetFacet.json#/$defs/DataQualityMetricsInputDatasetFacet");
            writer.Json.WriteNumber("rowCount", rows);
            writer.Json.WriteStartObject("columnMetrics");
            writer.Json.WriteEndObject();
            writer.Json.WriteEndObject();
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndObject();
    }

    private static void WriteOutput(OpenLineageWriter writer, RunArtifact artifact, string name)
    {
        writer.Json.WriteStartObject();
        writer.WriteDatasetName(uri: null, name);
        writer.WriteVersion(artifact.Hash.ToString());
        writer.Json.WriteStartObject("outputFacets");
        writer.BeginFacet("outputStatistics", "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet");
        writer.Json.WriteNumber("size", artifact.Length);
        writer.Json.WriteEndObject();
        writer.Json.WriteEndObject();
        writer.Json.WriteEndObject();
    }
}
