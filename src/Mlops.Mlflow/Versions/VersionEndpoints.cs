using Mlops.Registry;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/model-versions/*</c>.</summary>
internal sealed class VersionEndpoints(ModelRegistry registry, VersionFiles kept, VersionSource sources)
{
    private const int UsualPage = 10_000;
    private const int MaximumPage = 200_000;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("POST", "mlflow/model-versions/create", CreateAsync),
        new("GET", "mlflow/model-versions/get", GetAsync),
        new("PATCH", "mlflow/model-versions/update", UpdateAsync),
        new("DELETE", "mlflow/model-versions/delete", DeleteAsync),
        new("POST", "mlflow/model-versions/transition-stage", TransitionAsync),
        new("GET", "mlflow/model-versions/search", SearchAsync),
        new("GET", "mlflow/model-versions/get-download-uri", GetUriAsync),
        new("POST", "mlflow/model-versions/set-tag", SetTagAsync),
        new("DELETE", "mlflow/model-versions/delete-tag", DeleteTagAsync),
        new("GET", "model-versions/get-artifact", GetFileAsync) { IsAtRoot = true },
    ];

    private async Task CreateAsync(MlflowCall call)
    {
        string model = call.Fields.RequiredText("name"), source = call.Fields.RequiredText("source");
        Dictionary<string, string> tags = WireTags.Read(call.Fields);
        if (call.Fields.Text("run_link") is { Length: > 0 } link)
        {
            tags[VersionJson.RunLinkTag] = link;
        }

        var options = new RegisterOptions
        {
            Actor = call.Actor,
            Source = source,
            RunId = call.Fields.Text("run_id") is { Length: > 0 } run ? RunIds.Require(run) : null,
            Description = call.Fields.Text("description") is { Length: > 0 } description ? description : null,
            Tags = tags,
        };

        // A version would create its model; clients expect that they have to.
        await registry.GetModelAsync(model, call.Cancelled).ConfigureAwait(false);
        (IReadOnlyList<ModelFile> files, string address) = await sources.ReadAsync(source, call.Cancelled).ConfigureAwait(false);
        ModelVersion version = await ClientValues.Pass(() => files.Count == 0
            ? registry.RegisterReferenceAsync(model, address, options, call.Cancelled)
            : registry.RegisterFilesAsync(model, files, options, call.Cancelled)).ConfigureAwait(false);
        await AnswerAsync(call, version).ConfigureAwait(false);
    }

    private async Task GetAsync(MlflowCall call) => await AnswerAsync(call, await FindAsync(call).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task UpdateAsync(MlflowCall call)
    {
        (string model, int number) = NameOf(call);
        string description = call.Fields.Text("description") ?? "";
        await AnswerAsync(call, await ClientValues.Pass(() => registry.DescribeVersionAsync(model, number, description, call.Cancelled)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(MlflowCall call)
    {
        (string model, int number) = NameOf(call);
        await registry.DeleteVersionAsync(model, number, new DeletionOptions { Actor = call.Actor }, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task TransitionAsync(MlflowCall call)
    {
        (string model, int number) = NameOf(call);
        ModelStage stage = Stages.Parse(call.Fields.RequiredText("stage"));
        bool archive = call.Fields.Boolean("archive_existing_versions") ?? throw ProtocolException.Missing("archive_existing_versions");
        if (archive && stage is not (ModelStage.Staging or ModelStage.Production))
        {
            throw ProtocolException.Invalid(
                $"Model version transition cannot archive existing model versions because '{Stages.Name(stage)}' is not an Active stage. Valid stages are Staging and Production.");
        }

        await AnswerAsync(call, await registry.TransitionStageAsync(model, number, stage, archive, call.Actor, call.Cancelled).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task SearchAsync(MlflowCall call)
    {
        int wanted = Pages.SizeOf(call.Fields, MaximumPage, UsualPage);
        var query = new VersionQuery
        {
            Filter = WireFilter.Read(call.Fields),
            Order = call.Fields.Texts("order_by") is { Count: > 0 } order ? string.Join(", ", order) : null,
        };
        await Pages.AnswerAsync<ModelVersion>(
            call,
            "model_versions",
            wanted,
            async (take, after) =>
            {
                query.Take = take;
                query.After = after;
                VersionPage page = await ClientValues.Pass(() => registry.ListVersionsAsync(query, call.Cancelled)).ConfigureAwait(false);
                return (page.Versions, page.Next);
            },
            VersionJson.Write).ConfigureAwait(false);
    }

    private async Task GetUriAsync(MlflowCall call)
    {
        ModelVersion version = await FindAsync(call).ConfigureAwait(false);
        string uri = await kept.AddressOfAsync(version, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync(writer => writer.WriteString("artifact_uri", uri)).ConfigureAwait(false);
    }

    private async Task SetTagAsync(MlflowCall call)
    {
        (string model, int number) = NameOf(call);
        string key = call.Fields.RequiredText("key"), value = WireTags.RequireValue(call.Fields);
        await ClientValues.Pass(() => registry.SetVersionTagAsync(model, number, key, value, call.Cancelled)).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task DeleteTagAsync(MlflowCall call)
    {
        (string model, int number) = NameOf(call);
        await registry.RemoveVersionTagAsync(model, number, call.Fields.RequiredText("key"), call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task GetFileAsync(MlflowCall call)
    {
        string path = SafePath.Read(call.Fields.Text("path"));
        await kept.SendAsync(call.Http, await FindAsync(call).ConfigureAwait(false), path).ConfigureAwait(false);
    }

    private Task<ModelVersion> FindAsync(MlflowCall call)
    {
        (string model, int number) = NameOf(call);
        return kept.GetAsync(model, number, call.Cancelled);
    }

    private static (string Model, int Number) NameOf(MlflowCall call)
    {
        string model = call.Fields.RequiredText("name");
        return (model, VersionNumbers.Read(call.Fields, model));
    }

    private static Task AnswerAsync(MlflowCall call, ModelVersion version) => call.AnswerAsync(writer =>
    {
        writer.WritePropertyName("model_version");
        VersionJson.Write(writer, version);
    });
}
