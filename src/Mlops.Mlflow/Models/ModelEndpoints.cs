using Mlops.Registry;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/registered-models/*</c>.</summary>
internal sealed class ModelEndpoints(ModelRegistry registry)
{
    private const int UsualPage = 100;
    private const int MaximumPage = 1_000;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("POST", "mlflow/registered-models/create", CreateAsync),
        new("POST", "mlflow/registered-models/rename", RenameAsync),
        new("PATCH", "mlflow/registered-models/update", UpdateAsync),
        new("DELETE", "mlflow/registered-models/delete", DeleteAsync),
        new("GET", "mlflow/registered-models/get", GetAsync),
        new("GET", "mlflow/registered-models/search", SearchAsync),
        new("GET", "mlflow/registered-models/get-latest-versions", GetLatestAsync),
        new("POST", "mlflow/registered-models/get-latest-versions", GetLatestAsync),
        new("POST", "mlflow/registered-models/set-tag", SetTagAsync),
        new("DELETE", "mlflow/registered-models/delete-tag", DeleteTagAsync),
        new("POST", "mlflow/registered-models/alias", SetAliasAsync),
        new("DELETE", "mlflow/registered-models/alias", DeleteAliasAsync),
        new("GET", "mlflow/registered-models/alias", GetByAliasAsync),
    ];

    private async Task CreateAsync(MlflowCall call)
    {
        var options = new CreateModelOptions
        {
            Actor = call.Actor,
            Description = call.Fields.Text("description") is { Length: > 0 } description ? description : null,
            Tags = WireTags.Read(call.Fields),
        };
        string name = call.Fields.RequiredText("name");
        await AnswerAsync(call, await ClientValues.Pass(() => registry.CreateModelAsync(name, options, call.Cancelled)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task RenameAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), newName = call.Fields.RequiredText("new_name");
        await AnswerAsync(call, await registry.RenameModelAsync(name, newName, call.Actor, call.Cancelled).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task UpdateAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), description = call.Fields.Text("description") ?? "";
        await AnswerAsync(call, await ClientValues.Pass(() => registry.DescribeModelAsync(name, description, call.Cancelled)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(MlflowCall call)
    {
        await registry.DeleteModelAsync(call.Fields.RequiredText("name"), new DeletionOptions { Actor = call.Actor }, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task GetAsync(MlflowCall call) =>
        await AnswerAsync(call, await registry.GetModelAsync(call.Fields.RequiredText("name"), call.Cancelled).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task SearchAsync(MlflowCall call)
    {
        var query = new ModelQuery
        {
            Filter = WireFilter.Read(call.Fields),
            Order = call.Fields.Texts("order_by") is { Count: > 0 } order ? string.Join(", ", order) : null,
            Take = Pages.SizeOf(call.Fields, MaximumPage, UsualPage),
            After = Pages.TokenOf(call.Fields),
        };
        ModelPage page = await ClientValues.Pass(() => registry.ListModelsAsync(query, call.Cancelled)).ConfigureAwait(false);
        ILookup<string, ModelVersion> latest = await LatestOfAsync(page.Models, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync(writer =>
        {
            if (page.Models.Count > 0)
            {
                writer.WriteStartArray("registered_models");
                foreach (RegisteredModel model in page.Models)
                {
                    ModelJson.Write(writer, model, [.. latest[model.Name]]);
                }

                writer.WriteEndArray();
            }

            if (page.Next is not null)
            {
                writer.WriteString("next_page_token", page.Next);
            }
        }).ConfigureAwait(false);
    }

    private async Task GetLatestAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name");
        HashSet<ModelStage> stages = [.. call.Fields.Texts("stages").Select(Stages.Parse)];
        IReadOnlyList<ModelVersion> latest = await registry.ListLatestVersionsAsync(name, call.Cancelled).ConfigureAwait(false);
        List<ModelVersion> wanted = [.. latest.Where(version => stages.Count == 0 || stages.Contains(version.Stage))];
        await call.AnswerAsync(writer => VersionJson.WriteList(writer, "model_versions", wanted)).ConfigureAwait(false);
    }

    private async Task SetTagAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), key = call.Fields.RequiredText("key"), value = WireTags.RequireValue(call.Fields);
        await ClientValues.Pass(() => registry.SetModelTagAsync(name, key, value, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task DeleteTagAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), key = call.Fields.RequiredText("key");
        await registry.RemoveModelTagAsync(name, key, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task SetAliasAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), alias = AliasNames.Require(call.Fields.RequiredText("alias"));
        int number = VersionNumbers.Read(call.Fields, name);
        await registry.SetAliasAsync(name, alias, number, Expected.Any, new AliasChangeOptions { Actor = call.Actor }, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task DeleteAliasAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), alias = call.Fields.RequiredText("alias");
        RegisteredModel model = await registry.GetModelAsync(name, call.Cancelled).ConfigureAwait(false);
        if (model.Aliases.ContainsKey(alias))
        {
            await registry.RemoveAliasAsync(name, alias, Expected.Any, new AliasChangeOptions { Actor = call.Actor }, call.Cancelled).ConfigureAwait(false);
        }

        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task GetByAliasAsync(MlflowCall call)
    {
        string name = call.Fields.RequiredText("name"), alias = call.Fields.RequiredText("alias");
        RegisteredModel model = await registry.GetModelAsync(name, call.Cancelled).ConfigureAwait(false);
        ModelVersion version = model.Aliases.TryGetValue(alias, out int number)
            ? await registry.GetAsync(ModelReference.ToVersion(name, number), call.Cancelled).ConfigureAwait(false)
            : throw ProtocolException.Invalid($"Registered model alias {ProtocolException.Shorten(alias)} not found.");
        await call.AnswerAsync(writer =>
        {
            writer.WritePropertyName("model_version");
            VersionJson.Write(writer, version);
        }).ConfigureAwait(false);
    }

    private async Task AnswerAsync(MlflowCall call, RegisteredModel model)
    {
        ILookup<string, ModelVersion> latest = await LatestOfAsync([model], call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync(writer =>
        {
            writer.WritePropertyName("registered_model");
            ModelJson.Write(writer, model, [.. latest[model.Name]]);
        }).ConfigureAwait(false);
    }

    /// <summary>The newest version of each stage by model, in one reading; none of a model that was deleted since it was read.</summary>
    private async Task<ILookup<string, ModelVersion>> LatestOfAsync(IReadOnlyList<RegisteredModel> models, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelVersion> latest = await registry.ListLatestVersionsAsync([.. models.Select(static model => model.Name)], cancellationToken).ConfigureAwait(false);
        return latest.ToLookup(static version => version.Model, StringComparer.Ordinal);
    }
}
