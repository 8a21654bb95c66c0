using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/runs/*</c> that begin, change, end and find runs.</summary>
internal sealed class RunEndpoints(Tracker tracker, ExperimentIds ids, LongValues values)
{
    private const int UsualPage = 1_000;
    private const int MaximumPage = 50_000;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("POST", "mlflow/runs/create", CreateAsync),
        new("POST", "mlflow/runs/update", UpdateAsync),
        new("POST", "mlflow/runs/delete", DeleteAsync),
        new("POST", "mlflow/runs/restore", RestoreAsync),
        new("GET", "mlflow/runs/get", GetAsync),
        new("POST", "mlflow/runs/search", SearchAsync),
    ];

    private async Task CreateAsync(MlflowCall call)
    {
        Dictionary<string, string> tags = WireTags.Read(call.Fields, int.MaxValue).ToDictionary(static tag => tag.Key, tag => values.Tag(tag.Value), StringComparer.Ordinal);
        string name = NameOf(call.Fields.Text("run_name"), tags);
        tags[RunTags.Name] = name;
        if (call.Fields.Text("user_id") is { Length: > 0 } user)
        {
            tags.TryAdd(RunTags.User, user);
        }

        string id = call.Fields.Id("experiment_id") is { Length: > 0 } given ? given : ExperimentIds.DefaultId;
        string experiment = await ids.GetActiveNameAsync(id, call.Cancelled).ConfigureAwait(false);
        var options = new StartRunOptions
        {
            Name = name,
            Tags = tags,
            ParentId = await ParentOfAsync(tags, call.Cancelled).ConfigureAwait(false),

            // Absent is 0 and not now: that is what MLflow answers, and clients send it.
            StartTime = WireNumber.Time(call.Fields.Int64("start_time") ?? 0, "start_time"),
        };
        try
        {
            RunRecord run = await ClientValues.Pass(() => tracker.CreateRunAsync(experiment, options, call.Cancelled)).ConfigureAwait(false);
            await AnswerAsync(call, run, []).ConfigureAwait(false);
        }
        catch (ExperimentDeletedException)
        {
            throw ExperimentIds.NotActive(id);
        }
    }

    private async Task UpdateAsync(MlflowCall call)
    {
        var update = new RunUpdate
        {
            Status = RunStatuses.Read(call.Fields),
            EndTime = call.Fields.Int64("end_time") is { } end ? WireNumber.Time(end, "end_time") : null,
            Name = call.Fields.Text("run_name") is { Length: > 0 } name ? name : null,
        };
        string id = RunIds.Read(call.Fields);
        RunRecord run = await ClientValues.Pass(() => tracker.UpdateRunAsync(id, update, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync(writer =>
        {
            writer.WritePropertyName("run_info");
            RunJson.WriteInfo(writer, run);
        }).ConfigureAwait(false);
    }

    private async Task DeleteAsync(MlflowCall call)
    {
        await tracker.DeleteRunAsync(RunIds.Read(call.Fields), call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task RestoreAsync(MlflowCall call)
    {
        await tracker.RestoreRunAsync(RunIds.Read(call.Fields), call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task GetAsync(MlflowCall call)
    {
        RunRecord run = await tracker.GetRunAsync(RunIds.Read(call.Fields), call.Cancelled).ConfigureAwait(false);
        IReadOnlyList<DatasetInput> datasets = await tracker.ListDatasetsAsync(run.Id, call.Cancelled).ConfigureAwait(false);
        await AnswerAsync(call, run, datasets).ConfigureAwait(false);
    }

    private async Task SearchAsync(MlflowCall call)
    {
        int wanted = Pages.SizeOf(call.Fields, MaximumPage, UsualPage);
        var query = new RunQuery
        {
            Filter = WireFilter.Read(call.Fields),
            Lifecycle = ViewTypes.Read(call.Fields, "run_view_type"),
        };

        // Not the order that lists have of themselves: runs of one start follow by their ids.
        query.Order = RunOrder.Parse(call.Fields.Texts("order_by") is { Count: > 0 } order ? string.Join(", ", order) : "start_time DESC");

        List<string> experiments = await ids.FindNamesAsync(call.Fields.Texts("experiment_ids"), call.Cancelled).ConfigureAwait(false);
        if (experiments.Count == 0)
        {
            await call.AnswerAsync().ConfigureAwait(false);
            return;
        }

        await Pages.AnswerAsync<(RunRecord Run, IReadOnlyList<DatasetInput> Datasets)>(
            call,
            "runs",
            wanted,
            async (take, after) =>
            {
                query.Take = take;
                query.After = after;
                RunPage page = await ClientValues.Pass(() => tracker.ListRunsAsync(experiments, query, call.Cancelled)).ConfigureAwait(false);
                return (await WithDatasetsAsync(page.Runs, call.Cancelled).ConfigureAwait(false), page.Next);
            },
            static (writer, item) => RunJson.Write(writer, item.Run, item.Datasets)).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<(RunRecord Run, IReadOnlyList<DatasetInput> Datasets)>> WithDatasetsAsync(
        IReadOnlyList<RunRecord> runs, CancellationToken cancellationToken)
    {
        if (runs.Count == 0)
        {
            return [];
        }

        IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>> datasets =
            await tracker.ListDatasetsAsync([.. runs.Select(static run => run.Id)], cancellationToken).ConfigureAwait(false);
        return [.. runs.Select(run => (run, datasets.GetValueOrDefault(run.Id, [])))];
    }

    private static string NameOf(string? given, Dictionary<string, string> tags)
    {
        string? tagged = tags.GetValueOrDefault(RunTags.Name);
        if (string.IsNullOrEmpty(given))
        {
            return string.IsNullOrEmpty(tagged) ? RunNames.Next() : tagged;
        }

        return string.IsNullOrEmpty(tagged) || tagged == given
            ? given
            : throw ProtocolException.Invalid(
                $"Both 'run_name' argument and '{RunTags.Name}' tag are specified, but with different values (run_name='{ProtocolException.Shorten(given)}', {RunTags.Name}='{ProtocolException.Shorten(tagged)}').");
    }

    /// <summary>The parent that the tag names. Clients may name one that lives elsewhere; the tag stays all the same.</summary>
    private async Task<string?> ParentOfAsync(Dictionary<string, string> tags, CancellationToken cancellationToken) =>
        tags.TryGetValue(RunTags.ParentRunId, out string? parent) && RunIds.IsId(parent)
            && await tracker.FindRunAsync(parent, cancellationToken).ConfigureAwait(false) is { IsDeleted: false }
            ? parent
            : null;

    private static Task AnswerAsync(MlflowCall call, RunRecord run, IReadOnlyList<DatasetInput> datasets) => call.AnswerAsync(writer =>
    {
        writer.WritePropertyName("run");
        RunJson.Write(writer, run, datasets);
    });
}
