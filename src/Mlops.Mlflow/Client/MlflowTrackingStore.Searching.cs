using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

public sealed partial class MlflowTrackingStore
{
    /// <inheritdoc/>
    /// <remarks>
    /// The filter goes to the server as it is: MLflow knows less than a database does, no OR, NOT, parentheses, <c>min(...)</c> or
    /// <c>at(...)</c>, and answers those with a <see cref="MlflowException"/> that says so.
    /// </remarks>
    /// <exception cref="ArgumentException">A parenthesis or a quote of the filter is not closed: it would change the conditions beside it.</exception>
    public Task<RunPage> ListRunsAsync(IReadOnlyList<string> experiments, RunQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        ArgumentNullException.ThrowIfNull(query);
        return ListRunsAsync([.. experiments], FilterOf(query), query, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>>> ListDatasetsAsync(IReadOnlyList<string> runIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runIds);
        Dictionary<string, IReadOnlyList<DatasetInput>> found = new(StringComparer.Ordinal);
        foreach (string id in runIds)
        {
            try
            {
                MlflowRun run = await GetRunAsync(id, cancellationToken).ConfigureAwait(false);
                if (run.Datasets.Count > 0)
                {
                    found[id] = run.Datasets;
                }
            }
            catch (RunNotFoundException)
            {
                // Absent.
            }
        }

        return found;
    }

    private async Task<RunPage> ListRunsAsync(string[] experiments, string? filter, RunQuery query, CancellationToken cancellationToken)
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (string name in experiments)
        {
            if (await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) is { } experiment)
            {
                names[IdOf(experiment)] = name;
            }
        }

        if (names.Count == 0)
        {
            return new RunPage([], null);
        }

        (List<MlflowRun> runs, string next) = await AskAsync(() => _client.PostAsync("runs/search", writer =>
        {
            writer.WriteStartArray("experiment_ids");
            foreach (string id in names.Keys)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
            WriteQuery(writer, filter, query.Order.ToString(), query.Take, query.After);
            writer.WriteString("run_view_type", ViewOf(query.Lifecycle));
        }, static answer => (MlflowRunReader.List(answer, "runs").Select(MlflowRunReader.Read).ToList(), MlflowRunReader.Text(answer, "next_page_token")), cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        // Of experiments that were not asked for.
        runs.RemoveAll(run => !names.ContainsKey(run.ExperimentId));
        if (query.Order.Metric is { } metric && runs.FindIndex(run => !run.LastPoints.ContainsKey(metric)) is >= 0 and int without)
        {
            // Those that lack the metric come last, and a list by it does not hold them.
            runs.RemoveRange(without, runs.Count - without);
            next = "";
        }

        HashSet<string>? columns = query.Columns?.ToHashSet(StringComparer.Ordinal);
        return new RunPage(runs.ConvertAll(run => Only(columns, RecordOf(run, names[run.ExperimentId]))), next.Length > 0 ? next : null);
    }

    private static RunRecord Only(HashSet<string>? columns, RunRecord run)
    {
        return columns is null ? run : run with
        {
            Metrics = Kept(run.Metrics, "metrics."),
            Parameters = Kept(run.Parameters, "params."),
            Tags = Kept(run.Tags, "tags."),
        };

        Dictionary<string, T> Kept<T>(IReadOnlyDictionary<string, T> all, string entity) =>
            all.Where(pair => columns.Contains(entity + pair.Key)).ToDictionary(StringComparer.Ordinal);
    }

    private static string? FilterOf(RunQuery query)
    {
        List<string> parts = [];
        if (query.Filter is { } filter)
        {
            parts.Add(MlflowFilter.IsClosed(filter) ? filter : throw new ArgumentException(
                "The filter has a parenthesis or a quote that is not closed, or closes one that is not open; the conditions beside it would mean something else.", nameof(query)));
        }

        if (query.Status is { } status)
        {
            parts.Add($"attributes.status = '{RunStatuses.Name(status)}'");
        }

        if (query.ParentId is { } parent)
        {
            parts.Add(MlflowFilter.Equal("tags", RunTags.ParentRunId, parent));
        }

        parts.AddRange((query.Parameters ?? new Dictionary<string, string>()).Select(static pair => MlflowFilter.Equal("params", pair.Key, pair.Value)));
        parts.AddRange((query.Tags ?? new Dictionary<string, string>()).Select(static pair => MlflowFilter.Equal("tags", pair.Key, pair.Value)));
        return parts.Count == 0 ? null : MlflowFilter.All(parts);
    }

    private static void WriteQuery(Utf8JsonWriter writer, string? filter, string? order, int take, string? after)
    {
        if (filter is not null)
        {
            writer.WriteString("filter", filter);
        }

        if (!string.IsNullOrWhiteSpace(order))
        {
            writer.WriteStartArray("order_by");
            foreach (string part in MlflowFilter.Split(order))
            {
                writer.WriteStringValue(part);
            }

            writer.WriteEndArray();
        }

        writer.WriteNumber("max_results", take);
        if (after is not null)
        {
            writer.WriteString("page_token", after);
        }
    }

    private static string ViewOf(Lifecycle lifecycle) => lifecycle switch
    {
        Lifecycle.Active => "ACTIVE_ONLY",
        Lifecycle.Deleted => "DELETED_ONLY",
        _ => "ALL",
    };
}
