using System.Globalization;
using Mlops.Tracking;

namespace Mlops.Mlflow;

public sealed partial class MlflowTrackingStore
{
    /// <summary>The tag of a run that a repeated start finds it by: its idempotency key, or what is unique to the start.</summary>
    private const string StartedBy = "mlops.start";

    /// <summary>The tag of a run of which something was dropped: MLflow has no place for the number.</summary>
    private const string Incomplete = "mlops.incomplete";

    /// <inheritdoc/>
    /// <remarks>
    /// The idempotency key is kept as a tag and looked for within the experiment: two starts of one key at the very same moment may make two runs.
    /// </remarks>
    public async Task<RunRecord> StartRunAsync(NewRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        string experiment = await RequireExperimentAsync(run.Experiment, cancellationToken).ConfigureAwait(false);
        string start = run.IdempotencyKey ?? run.Id;
        MlflowRun? found = run.IdempotencyKey is null ? null : await FindStartAsync(experiment, start, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            Dictionary<string, string> tags = new(run.Tags, StringComparer.Ordinal) { [StartedBy] = start };
            if (run.ParentId is { } parent)
            {
                await GetRunAsync(parent, cancellationToken).ConfigureAwait(false);
                tags[RunTags.ParentRunId] = parent;
            }

            bool isRepeated = false;
            found = await AskAsync(
                async () =>
                {
                    // The answer to the first attempt may be all that was lost.
                    MlflowRun? made = isRepeated ? await FindStartOnceAsync(experiment, start, cancellationToken).ConfigureAwait(false) : null;
                    isRepeated = true;
                    return made ?? await _client.GetRunAsync(
                        await _client.CreateRunAsync(experiment, run.Name, run.StartTime, tags, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }

        return found.IsDeleted ? throw new RunDeletedException(found.Id, DateTimeOffset.UnixEpoch) : RecordOf(found, run.Experiment);
    }

    /// <inheritdoc/>
    public async Task<RunRecord> UpdateRunAsync(string runId, RunUpdate update, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        MlflowRun run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        RunStatus status = update.Status ?? run.Status;
        DateTimeOffset? end = update.EndTime ?? (update.Status > RunStatus.Running ? run.EndTime ?? _time.GetUtcNow() : null);
        await AskOfRunAsync(
            runId,
            () => _client.PostAsync("runs/update", writer =>
            {
                writer.WriteString("run_id", runId);

                // Always: servers take an absent status for RUNNING.
                writer.WriteString("status", RunStatuses.Name(status));
                if (end is { } time)
                {
                    writer.WriteNumber("end_time", time.ToUnixTimeMilliseconds());
                }

                if (update.Name is { } name)
                {
                    writer.WriteString("run_name", name);
                }
            }, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return await RecordOfAsync(await GetRunAsync(runId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveTagAsync(string runId, string key, CancellationToken cancellationToken)
    {
        MlflowRun run = await RequireActiveAsync(runId, cancellationToken).ConfigureAwait(false);
        if (!run.Tags.ContainsKey(key))
        {
            return false;
        }

        try
        {
            await AskAsync(() => _client.PostAsync("runs/delete-tag", writer =>
            {
                writer.WriteString("run_id", runId);
                writer.WriteString("key", key);
            }, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.ErrorCode == ErrorCode.DoesNotExist.Name)
        {
            // Gone meanwhile, perhaps with an attempt whose answer was lost.
        }

        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteRunAsync(string runId, CancellationToken cancellationToken)
    {
        MlflowRun run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        if (run.IsDeleted)
        {
            return false;
        }

        await AskOfRunAsync(runId, () => _client.PostAsync("runs/delete", writer => writer.WriteString("run_id", runId), cancellationToken), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> RestoreRunAsync(string runId, CancellationToken cancellationToken)
    {
        MlflowRun run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        if (!run.IsDeleted)
        {
            return false;
        }

        Experiment experiment = await GetExperimentAsync(run.ExperimentId, cancellationToken).ConfigureAwait(false);
        if (experiment.IsDeleted)
        {
            throw new ExperimentDeletedException(experiment.Name);
        }

        await AskOfRunAsync(runId, () => _client.PostAsync("runs/restore", writer => writer.WriteString("run_id", runId), cancellationToken), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async Task<RunRecord?> FindRunAsync(string runId, CancellationToken cancellationToken)
    {
        try
        {
            return await RecordOfAsync(await GetRunAsync(runId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (RunNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MetricPoint>> ReadHistoryAsync(string runId, string key, CancellationToken cancellationToken)
    {
        IReadOnlyList<MetricPoint> points = await AskOfRunAsync(runId, () => _client.GetMetricHistoryAsync(runId, key, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (points.Count == 0)
        {
            // Servers answer nothing for a run that they do not have, too.
            await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        }

        return [.. points.OrderBy(static point => point.Step).ThenBy(static point => point.Time)
            .ThenBy(static point => double.IsNaN(point.Value)).ThenBy(static point => point.Value)];
    }

    private async Task<MlflowRun> RequireActiveAsync(string runId, CancellationToken cancellationToken)
    {
        MlflowRun run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        return run.IsDeleted ? throw new RunDeletedException(runId, DateTimeOffset.UnixEpoch) : run;
    }

    private Task<MlflowRun?> FindStartAsync(string experiment, string start, CancellationToken cancellationToken) =>
        AskAsync(() => FindStartOnceAsync(experiment, start, cancellationToken), cancellationToken);

    private Task<MlflowRun?> FindStartOnceAsync(string experiment, string start, CancellationToken cancellationToken)
    {
        string filter = MlflowFilter.Equal("tags", StartedBy, start);
        return _client.PostAsync("runs/search", writer =>
        {
            writer.WriteStartArray("experiment_ids");
            writer.WriteStringValue(experiment);
            writer.WriteEndArray();
            writer.WriteString("filter", filter);
            writer.WriteString("run_view_type", "ALL");
            writer.WriteNumber("max_results", 1);
        }, static answer => MlflowRunReader.List(answer, "runs").Select(MlflowRunReader.Read).FirstOrDefault(), cancellationToken);
    }

    private async Task<RunRecord> RecordOfAsync(MlflowRun run, CancellationToken cancellationToken) =>
        RecordOf(run, (await GetExperimentAsync(run.ExperimentId, cancellationToken).ConfigureAwait(false)).Name);

    private static RunRecord RecordOf(MlflowRun run, string experiment) => new()
    {
        Id = run.Id,
        ExperimentId = NumberOf(run.ExperimentId),
        Experiment = experiment,
        Name = run.Name,
        ParentId = run.Tags.GetValueOrDefault(RunTags.ParentRunId),
        Status = run.Status,
        StartTime = run.StartTime,
        EndTime = run.EndTime,
        DeletedAt = run.IsDeleted ? DateTimeOffset.UnixEpoch : null,
        DroppedItems = run.Tags.ContainsKey(Incomplete) ? 1 : 0,
        IsLost = false,
        Parameters = run.Parameters,
        Tags = run.Tags,
        Metrics = run.LastPoints.ToDictionary(static point => point.Key, static point => SummaryOf(point.Value), StringComparer.Ordinal),
    };

    private static MetricSummary SummaryOf(MetricPoint last)
    {
        double? value = double.IsNaN(last.Value) ? null : last.Value;
        return new MetricSummary(1, value, value, last) { IsLastOnly = true };
    }

    /// <exception cref="NotSupportedException">The server's ids are no numbers.</exception>
    private static long NumberOf(string experimentId) => long.TryParse(experimentId, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw new NotSupportedException("Reading an experiment of an MLflow server: its id is no number, as it is on servers of MLflow; this tracker knows experiments by theirs.");
}
