using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Copies runs of an MLflow server to this process.</summary>
public static class MlflowRunImport
{
    /// <summary>
    /// Copies a run with its parameters, tags, datasets, metric histories and artifacts to the experiment of the same name. Repeated, it completes
    /// the same copy and adds what the run has got since. A parent that was copied before is the copy's parent. Files that the server cannot read
    /// are skipped and named; status and times are copied before any of them.
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
        string? parent = await FindParentAsync(run, experiment, tracker, cancellationToken).ConfigureAwait(false);
        if (parent is not null)
        {
            tags[RunTags.ParentRunId] = parent;
        }

        var options = new StartRunOptions { Name = name, ParentId = parent, StartTime = run.StartTime, IdempotencyKey = $"mlflow/{client.Host}/{run.Id}" };
        RunRecord copy = await tracker.CreateRunAsync(experiment, options, cancellationToken).ConfigureAwait(false);
        await tracker.LogAsync(copy.Id, new RunLog { Parameters = run.Parameters, Tags = tags, Datasets = run.Datasets }, cancellationToken).ConfigureAwait(false);
        foreach (string key in run.Metrics)
        {
            HashSet<MetricPoint> stored = [.. await tracker.GetMetricHistoryAsync(copy.Id, key, cancellationToken).ConfigureAwait(false)];
            IReadOnlyList<MetricPoint> points = await client.GetMetricHistoryAsync(run.Id, key, cancellationToken).ConfigureAwait(false);
            await tracker.LogAsync(
                copy.Id, new RunLog { Metrics = [.. points.Where(point => !stored.Contains(point)).Select(point => new Metric(key, point.Value, point.Step, point.Time))] }, cancellationToken)
                .ConfigureAwait(false);
        }

        var update = new RunUpdate { Status = run.Status, EndTime = run.EndTime, Name = name };
        RunRecord ended = await tracker.UpdateRunAsync(copy.Id, update, cancellationToken).ConfigureAwait(false);
        return await CopyArtifactsAsync(client, run, tracker, ended, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The copy of the run's parent; null when the run has none, or it was not copied.</summary>
    private static async Task<string?> FindParentAsync(MlflowRun run, string experiment, Tracker tracker, CancellationToken cancellationToken)
    {
        if (run.Tags.GetValueOrDefault(RunTags.ParentRunId) is not { Length: > 0 } parent)
        {
            return null;
        }

        var query = new RunQuery { Tags = new Dictionary<string, string> { [MlflowRunExport.SourceTag] = parent }, Columns = [], Take = 1 };
        RunPage page = await tracker.ListRunsAsync(experiment, query, cancellationToken).ConfigureAwait(false);
        return page.Runs.Count == 0 ? null : page.Runs[0].Id;
    }

    private static async Task<MlflowRunCopy> CopyArtifactsAsync(MlflowClient client, MlflowRun run, Tracker tracker, RunRecord copy, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names;
        try
        {
            names = await client.ListArtifactsAsync(run.Id, cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (!exception.IsTransient)
        {
            return new MlflowRunCopy(copy, []) { ArtifactsWereListed = false };
        }

        List<string> skipped = [];
        foreach (string name in names)
        {
            if (!ArtifactName.TryParse(name, out ArtifactName parsed) || await TryOpenAsync(client, run, name, cancellationToken).ConfigureAwait(false) is not { } content)
            {
                skipped.Add(name);
                continue;
            }

            await using (content.ConfigureAwait(false))
            {
                await tracker.LogArtifactAsync(copy.Id, parsed.Value, content, cancellationToken).ConfigureAwait(false);
            }
        }

        return new MlflowRunCopy(copy, skipped);
    }

    /// <summary>Null when the server cannot read the file, now and later.</summary>
    private static async Task<Stream?> TryOpenAsync(MlflowClient client, MlflowRun run, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await client.OpenArtifactAsync(run, name, cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (!exception.IsTransient)
        {
            return null;
        }
    }
}
