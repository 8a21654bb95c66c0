using System.Globalization;
using Mlops.Orchestration;

namespace Mlops;

/// <summary>
/// Writes transitions of pipelines as OpenLineage <c>RunEvent</c>s (spec 2-0-2). The pipeline is a job, and so is each node of its graph; a step's run names
/// that of its pipeline as parent. Each of these runs has one START and at most one COMPLETE, FAIL or ABORT, so run id and type name an event for good.
/// </summary>
internal static class PipelineLineageEvent
{
    public static ReadOnlyMemory<byte> Of(PipelineRunTransition transition, OpenLineageOptions options)
    {
        using var writer = new OpenLineageWriter(options.Namespace, options.Producer);
        writer.Begin(TypeOf(transition.State), transition.At);
        writer.Json.WriteStartObject("run");
        writer.WriteRunId(transition.RunUid);
        writer.Json.WriteStartObject("facets");
        if (transition.Partition is { } interval)
        {
            writer.BeginFacet("nominalTime", "1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet");
            writer.Json.WriteString("nominalStartTime", interval.Start);
            writer.Json.WriteString("nominalEndTime", interval.End);
            writer.Json.WriteEndObject();
        }

        if (transition.State == PipelineRunState.Failed)
        {
            string step = transition.FailedStep is { } failed ? $" at step '{failed}'" : "";
            WriteError(writer, options, $"The run failed{step}: {transition.FailureKind}.", transition.Error);
        }

        EndRun(writer);
        WriteJob(writer, transition.Pipeline, "PIPELINE");
        WriteData(writer, [], transition.Pipeline);
        return writer.End();
    }

    public static ReadOnlyMemory<byte> Of(PipelineStepTransition transition, OpenLineageOptions options)
    {
        using var writer = new OpenLineageWriter(options.Namespace, options.Producer);
        writer.Begin(TypeOf(transition.State), transition.At);
        writer.Json.WriteStartObject("run");
        writer.Json.WriteString("runId", RunIdOf(transition.StepUid));
        writer.Json.WriteStartObject("facets");
        writer.WriteParent(transition.RunUid, transition.Pipeline);
        if (transition.State == StepState.Failed)
        {
            WriteError(
                writer, options, string.Create(CultureInfo.InvariantCulture, $"The step failed after attempt {transition.Attempts}: {transition.FailureKind}."), transition.Error);
        }

        EndRun(writer);
        WriteJob(writer, $"{transition.Pipeline}.{transition.Node}", "STEP");
        WriteData(writer, transition.Data, transition.Pipeline);
        return writer.End();
    }

    /// <summary>A step's number as a UUID of version 8, whose bits are the sender's own (RFC 9562).</summary>
    internal static Guid RunIdOf(string stepUid) => Guid.ParseExact($"{stepUid[..12]}8{stepUid[13..16]}8{stepUid[17..]}", "N");

    private static string TypeOf(PipelineRunState state) => state switch
    {
        PipelineRunState.Running => "START",
        PipelineRunState.Succeeded => "COMPLETE",
        PipelineRunState.Cancelled => "ABORT",
        _ => "FAIL",
    };

    private static string TypeOf(StepState state) => state switch
    {
        StepState.Running => "START",
        StepState.Succeeded => "COMPLETE",
        StepState.Cancelled => "ABORT",
        _ => "FAIL",
    };

    private static void EndRun(OpenLineageWriter writer)
    {
        writer.Json.WriteEndObject();
        writer.Json.WriteEndObject();
    }

    private static void WriteError(OpenLineageWriter writer, OpenLineageOptions options, string kind, string? error)
    {
        writer.BeginFacet("errorMessage", "1-0-0/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet");
        writer.Json.WriteString("message", options.TellErrors && error is not null ? error : kind);
        writer.Json.WriteString("programmingLanguage", ".NET");
        writer.Json.WriteEndObject();
    }

    private static void WriteJob(OpenLineageWriter writer, string name, string type)
    {
        writer.Json.WriteStartObject("job");
        writer.WriteJobName(name);
        writer.Json.WriteStartObject("facets");
        writer.BeginFacet("jobType", "2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet");
        writer.Json.WriteString("processingType", "BATCH");
        writer.Json.WriteString("integration", "MLOPS");
        writer.Json.WriteString("jobType", type);
        writer.Json.WriteEndObject();
        writer.Json.WriteEndObject();
        writer.Json.WriteEndObject();
    }

    private static void WriteData(OpenLineageWriter writer, IReadOnlyList<StepData> data, string pipeline)
    {
        foreach (bool isOutput in (bool[])[false, true])
        {
            writer.Json.WriteStartArray(isOutput ? "outputs" : "inputs");

            // What a recorded artifact and a stored one share is one dataset.
            foreach (StepData item in data.Where(item => item.IsOutput == isOutput).Distinct())
            {
                writer.Json.WriteStartObject();
                WriteName(writer, item, pipeline);
                if (item.Digest is { } digest)
                {
                    writer.WriteVersion(digest);
                }

                writer.Json.WriteEndObject();
            }

            writer.Json.WriteEndArray();
        }
    }

    /// <summary>A result is called like the node that made it, so that its readers meet it; an artifact has no other name than its content.</summary>
    private static void WriteName(OpenLineageWriter writer, StepData item, string pipeline)
    {
        switch (item.Kind)
        {
            case StepDataKind.Result:
                writer.WriteDatasetName(uri: null, $"{pipeline}.{item.Name}");
                break;

            case StepDataKind.Artifact:
                writer.WriteDatasetName(uri: null, $"artifacts/sha256/{item.Digest}");
                break;

            default:
                writer.WriteDatasetName(item.Name, item.Name);
                break;
        }
    }
}
