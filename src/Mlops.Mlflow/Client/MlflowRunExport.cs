using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Copies runs of this process to an MLflow server.</summary>
public static class MlflowRunExport
{
    /// <summary>The tag of a copy that holds the id of the run it was made of.</summary>
    public const string SourceTag = "mlops.source.runId";

    /// <summary>
    /// Copies a run with its parameters, tags, datasets, metric histories and artifacts to the experiment of the same name. Repeated, it completes or
    /// refreshes the same copy; two that copy one run at the same moment may make two. A parent is named when it was copied before.
    /// </summary>
    /// <returns>The copy's id.</returns>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="MlflowException">The server refused; what was copied before stays, and the call may be repeated.</exception>
    public static Task<string> CopyAsync(Tracker tracker, string runId, MlflowClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentNullException.ThrowIfNull(client);
        return CopyCoreAsync(tracker, runId, client, cancellationToken);
    }

    private static async Task<string> CopyCoreAsync(Tracker tracker, string runId, MlflowClient client, CancellationToken cancellationToken)
    {
        RunRecord run = await tracker.GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        string experiment = await client.GetOrCreateExperimentAsync(run.Experiment, cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> tags = new(run.Tags, StringComparer.Ordinal) { [SourceTag] = run.Id, [RunTags.Name] = run.Name };
        tags.Remove(RunTags.ParentRunId);
        if (run.ParentId is { } parent && await client.FindRunAsync(experiment, SourceTag, parent, cancellationToken).ConfigureAwait(false) is { } parentCopy)
        {
            tags[RunTags.ParentRunId] = parentCopy;
        }

        // The tag that finds the copy again is there from its start on.
        string copy = await client.FindRunAsync(experiment, SourceTag, run.Id, cancellationToken).ConfigureAwait(false)
            ?? await client.CreateRunAsync(experiment, run.Name, run.StartTime, new Dictionary<string, string> { [SourceTag] = run.Id }, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<DatasetInput> datasets = await tracker.ListDatasetsAsync(run.Id, cancellationToken).ConfigureAwait(false);
        await client.LogAsync(copy, new RunLog { Parameters = run.Parameters, Tags = tags, Datasets = datasets }, cancellationToken).ConfigureAwait(false);
        foreach (string key in run.Metrics.Keys)
        {
            IReadOnlyList<MetricPoint> points = await tracker.GetMetricHistoryAsync(run.Id, key, cancellationToken).ConfigureAwait(false);
            await client.LogAsync(copy, new RunLog { Metrics = [.. points.Select(point => new Metric(key, point.Value, point.Step, point.Time))] }, cancellationToken).ConfigureAwait(false);
        }

        if (run.EndTime is { } end)
        {
            await client.EndRunAsync(copy, run.Status, end, cancellationToken).ConfigureAwait(false);
        }

        await CopyArtifactsAsync(tracker, run, client, copy, cancellationToken).ConfigureAwait(false);
        return copy;
    }

    private static async Task CopyArtifactsAsync(Tracker tracker, RunRecord run, MlflowClient client, string copy, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunArtifact> artifacts = await tracker.ListArtifactsAsync(run.Id, cancellationToken).ConfigureAwait(false);
        if (artifacts.Count == 0)
        {
            return;
        }

        MlflowRun target = await client.GetRunAsync(copy, cancellationToken).ConfigureAwait(false);
        foreach (RunArtifact artifact in artifacts)
        {
            Stream content = await tracker.OpenArtifactAsync(run.Id, artifact.Name, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                await client.UploadArtifactAsync(target, artifact.Name, content, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
