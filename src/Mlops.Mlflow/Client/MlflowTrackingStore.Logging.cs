using System.Globalization;
using System.Net;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

public sealed partial class MlflowTrackingStore
{
    private const string Conflict = "Changing param values is not allowed";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ParameterConflict>> AppendAsync(IReadOnlyList<RunAppend> batches, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        string runId = batches[0].RunId;
        try
        {
            return await AppendAsync(runId, batches, cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception)
        {
            throw FailureOf(runId, exception);
        }
    }

    /// <summary>Whether the server refuses what it was sent, or fails at it for a reason that somebody may mend.</summary>
    private Exception FailureOf(string runId, MlflowException exception)
    {
        string status = string.Create(CultureInfo.InvariantCulture, $"{(int)exception.Status} {exception.ErrorCode}").TrimEnd();
        return exception.ErrorCode == ErrorCode.InvalidState.Name
            || exception.Status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity
            ? new BatchRefusedException(runId, status, exception)
            : new StorageException(
                $"Storing what run {runId} logged: the MLflow server at {_client.Host} answered {status}. Check the token and its rights, the address, and the server's own log.", exception);
    }

    private async Task<IReadOnlyList<ParameterConflict>> AppendAsync(string runId, IReadOnlyList<RunAppend> batches, CancellationToken cancellationToken)
    {
        Dictionary<string, string> parameters = new(StringComparer.Ordinal), tags = new(StringComparer.Ordinal);
        foreach (RunAppend batch in batches)
        {
            foreach ((string key, string value) in batch.Parameters)
            {
                parameters.TryAdd(key, value);
            }

            foreach ((string key, string value) in batch.Tags)
            {
                tags[key] = value;
            }

            if (batch.Dropped > 0)
            {
                tags[Incomplete] = "true";
            }
        }

        // Parameters first, and by themselves: what the server refuses of them is no reason to lose the rest.
        List<ParameterConflict> conflicts = await LogParametersAsync(runId, parameters, cancellationToken).ConfigureAwait(false);
        await LogOnceAsync(runId, new RunLog { Tags = tags, Metrics = [.. batches.SelectMany(static batch => batch.Metrics)] }, cancellationToken).ConfigureAwait(false);
        if (batches[^1] is { Status: { } status, EndTime: { } end })
        {
            await AskOfRunAsync(runId, () => _client.EndRunAsync(runId, status, end, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        return conflicts;
    }

    /// <inheritdoc/>
    public async Task LogAsync(string runId, RunLog log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);

        // One time for all attempts: with another, a point that is sent again would be another point.
        DateTimeOffset now = _time.GetUtcNow();
        RunLog copy = new()
        {
            Metrics = log.Metrics?.Select(metric => metric with { Time = metric.Time ?? now }).ToArray(),
            Tags = log.Tags?.ToDictionary(StringComparer.Ordinal),
            Datasets = log.Datasets?.ToArray(),
        };
        if (log.Parameters is { Count: > 0 } given)
        {
            Dictionary<string, string> parameters = new(given, StringComparer.Ordinal);
            if (!await TryLogParametersAsync(runId, parameters, cancellationToken).ConfigureAwait(false))
            {
                throw new ParameterConflictException(runId, await ConflictsOfAsync(runId, parameters, cancellationToken).ConfigureAwait(false));
            }
        }

        await LogOnceAsync(runId, copy, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stores those parameters that have no other value.</summary>
    private async Task<List<ParameterConflict>> LogParametersAsync(string runId, Dictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        List<ParameterConflict> conflicts = [];
        while (parameters.Count > 0 && !await TryLogParametersAsync(runId, parameters, cancellationToken).ConfigureAwait(false))
        {
            foreach (ParameterConflict conflict in await ConflictsOfAsync(runId, parameters, cancellationToken).ConfigureAwait(false))
            {
                conflicts.Add(conflict);
                parameters.Remove(conflict.Key);
            }
        }

        return conflicts;
    }

    private async Task<bool> TryLogParametersAsync(string runId, Dictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        try
        {
            await LogOnceAsync(runId, new RunLog { Parameters = parameters }, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MlflowException exception) when (exception.Message.Contains(Conflict, StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>Those that have another value, at least one.</summary>
    private async Task<List<ParameterConflict>> ConflictsOfAsync(string runId, Dictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        MlflowRun run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        List<ParameterConflict> conflicts = [];
        foreach ((string key, string value) in parameters)
        {
            if (run.Parameters.TryGetValue(key, out string? stored) && stored != value)
            {
                conflicts.Add(new ParameterConflict(key, stored, value));
            }
        }

        return conflicts.Count > 0
            ? conflicts
            : throw new InvalidOperationException($"Logging parameters of run {runId}: the server says that they have other values, and shows the same ones.");
    }

    private Task<bool> LogOnceAsync(string runId, RunLog log, CancellationToken cancellationToken) =>
        AskOfRunAsync(runId, () => _client.LogAsync(runId, log, cancellationToken), cancellationToken);
}
