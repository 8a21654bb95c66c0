using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/experiments/*</c>.</summary>
internal sealed class ExperimentEndpoints(Tracker tracker, ExperimentIds ids)
{
    private const int MaximumPage = 50_000;
    private const int OldPage = 1_000;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("POST", "mlflow/experiments/create", CreateAsync),
        new("GET", "mlflow/experiments/search", SearchAsync),
        new("POST", "mlflow/experiments/search", SearchAsync),
        new("GET", "mlflow/experiments/get", GetAsync),
        new("GET", "mlflow/experiments/get-by-name", GetByNameAsync),
        new("POST", "mlflow/experiments/delete", DeleteAsync),
        new("POST", "mlflow/experiments/restore", RestoreAsync),
        new("POST", "mlflow/experiments/update", RenameAsync),
        new("POST", "mlflow/experiments/set-experiment-tag", SetTagAsync),
        new("POST", "mlflow/experiments/delete-experiment-tag", DeleteTagAsync),

        // What the npm package mlflow asks for: an endpoint of MLflow 1, and a path without its slash.
        new("GET", "mlflow/experiments/list", ListAsync),
        new("POST", "mlflow/experimentsset-experiment-tag", SetTagAsync),
    ];

    private async Task CreateAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name");
        ArtifactLocations.Check(call.Fields.Text("artifact_location"));
        Dictionary<string, string> tags = WireTags.Read(call.Fields);
        Experiment experiment = await ClientValues.Pass(() => tracker.CreateExperimentAsync(name, new CreateExperimentOptions { Tags = tags }, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync(writer => writer.WriteString("experiment_id", ExperimentIds.IdOf(experiment))).ConfigureAwait(false);
    }

    private Task SearchAsync(MlflowCall call) => SearchAsync(call, Pages.SizeOf(call.Fields, MaximumPage, usual: null));

    private Task ListAsync(MlflowCall call) => SearchAsync(call, Pages.SizeOf(call.Fields, MaximumPage, OldPage));

    private async Task SearchAsync(MlflowCall call, int wanted)
    {
        var query = new ExperimentQuery
        {
            Filter = WireFilter.Read(call.Fields),
            Order = call.Fields.Texts("order_by") is { Count: > 0 } order ? string.Join(", ", order) : null,
            Lifecycle = ViewTypes.Read(call.Fields, "view_type"),
        };
        await Pages.AnswerAsync<Experiment>(
            call,
            "experiments",
            wanted,
            async (take, after) =>
            {
                query.Take = take;
                query.After = after;
                ExperimentPage page = await ClientValues.Pass(() => tracker.ListExperimentsAsync(query, call.Cancelled)).ConfigureAwait(false);
                return (page.Experiments, page.Next);
            },
            ExperimentJson.Write).ConfigureAwait(false);
    }

    private async Task GetAsync(MlflowCall call) =>
        await AnswerAsync(call, await ids.GetAsync(call.Fields.RequiredId("experiment_id"), call.Cancelled).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task GetByNameAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("experiment_name");
        Experiment experiment = await ClientValues.Pass(() => tracker.FindExperimentAsync(name, call.Cancelled)).ConfigureAwait(false)
            ?? throw ProtocolException.NotFound($"Could not find experiment with name '{ProtocolException.Shorten(name)}'");
        await AnswerAsync(call, experiment).ConfigureAwait(false);
    }

    private async Task DeleteAsync(MlflowCall call)
    {
        string id = call.Fields.RequiredId("experiment_id");
        Experiment experiment = await ids.GetAsync(id, call.Cancelled).ConfigureAwait(false);
        if (experiment.IsDeleted)
        {
            throw ProtocolException.NotFound($"No active Experiment with id={id} exists");
        }

        await tracker.DeleteExperimentAsync(experiment.Name, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task RestoreAsync(MlflowCall call)
    {
        string id = call.Fields.RequiredId("experiment_id");
        Experiment experiment = await ids.GetAsync(id, call.Cancelled).ConfigureAwait(false);
        if (!experiment.IsDeleted)
        {
            throw ProtocolException.NotFound($"No deleted Experiment with id={id} exists");
        }

        await tracker.RestoreExperimentAsync(experiment.Name, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task RenameAsync(MlflowCall call)
    {
        string id = call.Fields.RequiredId("experiment_id");
        string name = call.Fields.RequiredText("new_name");
        Experiment experiment = await ids.GetAsync(id, call.Cancelled).ConfigureAwait(false);
        if (experiment.IsDeleted)
        {
            throw new ProtocolException(ErrorCode.InvalidState, "Cannot rename a non-active experiment.");
        }

        // Its name is what makes it experiment 0.
        if (experiment.Name == ExperimentIds.DefaultName && name != experiment.Name)
        {
            throw ProtocolException.Invalid("Cannot rename the default experiment.");
        }

        await ClientValues.Pass(() => tracker.RenameExperimentAsync(experiment.Name, name, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task SetTagAsync(MlflowCall call)
    {
        string id = call.Fields.RequiredId("experiment_id");
        string key = call.Fields.RequiredText("key"), value = WireTags.RequireValue(call.Fields);
        Experiment experiment = await ids.GetActiveAsync(id, call.Cancelled).ConfigureAwait(false);
        await ClientValues.Pass(() => tracker.SetExperimentTagAsync(experiment.Name, key, value, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task DeleteTagAsync(MlflowCall call)
    {
        string id = call.Fields.RequiredId("experiment_id");
        string key = call.Fields.RequiredText("key");
        Experiment experiment = await ids.GetActiveAsync(id, call.Cancelled).ConfigureAwait(false);
        if (!experiment.Tags.ContainsKey(key))
        {
            throw ProtocolException.NotFound($"No tag with key '{ProtocolException.Shorten(key)}' in experiment with id {id}");
        }

        await tracker.RemoveExperimentTagAsync(experiment.Name, key, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private static Task AnswerAsync(MlflowCall call, Experiment experiment) => call.AnswerAsync(writer =>
    {
        writer.WritePropertyName("experiment");
        ExperimentJson.Write(writer, experiment);
    });
}
