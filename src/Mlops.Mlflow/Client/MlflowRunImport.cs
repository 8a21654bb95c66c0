using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Copies runs of an MLflow server to this process.</summary>
public static class MlflowRunImport
{
    /// <summary>
    /// Copies a run with its parameters, tags, metric histories and artifacts to the experiment of the same name. Repeated, it completes the
    /// same copy and adds what the run has got since. Parents are not linked.
    /// </summary>
    /// <exception cref="MlflowException">The server refused, or has no such run.</exception>
    /// <exception cref="StorageException">The copy could not be stored; the call may be repeated.</exception>
    public static Task<MlflowRunCopy> CopyAsync(MlflowClient client, string runId, Tracker tracker, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentNullException.ThrowIfNull(tracker);
        return CopyCoreAsync(client, runId, tracker, cancellationToken);
    }

    private static async Task<MlflowRunCopy> CopyCoreAsync(MlflowClient client, string runId, Tracker tracker, CancellationToken cancellationToken)
    {
        MlflowRun run = await client.GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        string experiment = await client.GetExperimentNameAsync(run.ExperimentId, cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> tags = new(run.Tags, StringComparer.Ordinal) { [MlflowRunExport.SourceTag] = run.Id };
        string? name = run.Name.Length > 0 ? run.Name : null;
        tags.Remove(RunTags.Name);
        var options = new StartRunOptions { Name = name, StartTime = run.StartTime, IdempotencyKey = $"mlflow/{client.Host}/{run.Id}" };
        RunRecord copy = await tracker.CreateRunAsync(experiment, options, cancellationToken).ConfigureAwait(false);
        await tracker.LogAsync(copy.Id, new RunLog { Parameters = run.Parameters, Tags = tags }, cancellationToken).ConfigureAwait(false);
        foreach (string key in run.Metrics)
        {
            HashSet<MetricPoint> stored = [.. await tracker.GetMetricHistoryAsync(copy.Id, key, cancellationToken).ConfigureAwait(false)];
            IReadOnlyList<MetricPoint> points = await client.GetMetricHistoryAsync(run.Id, key, cancellationToken).ConfigureAwait(false);
            await tracker.LogAsync(
                copy.Id, new RunLog { Metrics = [.. points.Where(point => !stored.Contains(point)).Select(point => new Metric(key, point.Value, point.Step, point.Time))] }, cancellationToken)
                .ConfigureAwait(false);
        }

        List<string> skipped = await CopyArtifactsAsync(client, run, tracker, copy.Id, cancellationToken).ConfigureAwait(false);
        return new MlflowRunCopy(
            await tracker.UpdateRunAsync(copy.Id, new RunUpdate { Status = run.Status, EndTime = run.EndTime, Name = name }, cancellationToken).ConfigureAwait(false), skipped);
    }

    private static async Task<List<string>> CopyArtifactsAsync(MlflowClient client, MlflowRun run, Tracker tracker, string copy, CancellationToken cancellationToken)
    {
        List<string> skipped = [];
        foreach (string name in await client.ListArtifactsAsync(run.Id, cancellationToken).ConfigureAwait(false))
        {
            if (!ArtifactName.TryParse(name, out ArtifactName parsed))
            {
                skipped.Add(name);
                continue;
            }

            Stream content = await client.OpenArtifactAsync(run, name, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                await tracker.LogArtifactAsync(copy, parsed.Value, content, cancellationToken).ConfigureAwait(false);
            }
        }

        return skipped;
    }
}
