using System.Globalization;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>The folders of the artifact proxy above those that hold files: experiments and their runs, models and their versions.</summary>
internal sealed class ProxyFolders(Tracker tracker, ModelRegistry registry, ExperimentIds experiments)
{
    private const int Page = 1_000;
    private const string Models = "models";
    private const string Artifacts = "artifacts";

    /// <summary>The names of the folders in a folder; null when it is one that holds files, or lies in one.</summary>
    /// <exception cref="ProtocolException">There is no such folder.</exception>
    public async Task<SortedDictionary<string, long?>?> FindAsync(string? path, CancellationToken cancellationToken)
    {
        string[] segments = (path ?? "").Trim('/') is { Length: > 0 } and not "." and { } trimmed ? trimmed.Split('/') : [];
        List<string>? names = segments switch
        {
            [] => [Models, .. await ReadAsync(ExperimentsAsync, cancellationToken).ConfigureAwait(false)],
            [Models] => await ReadAsync(ModelsAsync, cancellationToken).ConfigureAwait(false),
            [Models, { } model] => await VersionsAsync(SafePath.Decode(model), cancellationToken).ConfigureAwait(false),
            [{ } experiment] => await RunsAsync(experiment, cancellationToken).ConfigureAwait(false),
            [_, { } run] when await tracker.FindRunAsync(RunIds.Require(run), cancellationToken).ConfigureAwait(false) is { } found && ExperimentIds.IdOf(found) == segments[0] => [Artifacts],
            _ => null,
        };
        return names is null ? null : new SortedDictionary<string, long?>(names.ToDictionary(static name => name, static _ => (long?)null), StringComparer.Ordinal);
    }

    private async Task<(IReadOnlyList<string> Items, string? Next)> ExperimentsAsync(string? after, CancellationToken cancellationToken)
    {
        ExperimentPage page = await tracker.ListExperimentsAsync(new() { Take = Page, After = after, Lifecycle = Lifecycle.Any }, cancellationToken).ConfigureAwait(false);
        return ([.. page.Experiments.Select(ExperimentIds.IdOf)], page.Next);
    }

    private async Task<List<string>> RunsAsync(string id, CancellationToken cancellationToken)
    {
        Experiment experiment = await experiments.GetAsync(id, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(
            async (after, cancelled) =>
            {
                RunPage page = await tracker.ListRunsAsync(experiment.Name, new() { Take = Page, After = after, Lifecycle = Lifecycle.Any, Columns = [] }, cancelled).ConfigureAwait(false);
                return ([.. page.Runs.Select(static run => run.Id)], page.Next);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<string> Items, string? Next)> ModelsAsync(string? after, CancellationToken cancellationToken)
    {
        ModelPage page = await registry.ListModelsAsync(new() { Take = Page, After = after }, cancellationToken).ConfigureAwait(false);
        return ([.. page.Models.Select(static model => model.Name)], page.Next);
    }

    private async Task<List<string>> VersionsAsync(string model, CancellationToken cancellationToken)
    {
        await registry.GetModelAsync(model, cancellationToken).ConfigureAwait(false);
        List<string> numbers = [];
        IReadOnlyList<ModelVersion> versions = await registry.ListVersionsAsync(model, Page, before: null, cancellationToken).ConfigureAwait(false);
        while (versions.Count > 0)
        {
            numbers.AddRange(versions.Select(static version => version.Number.ToString(CultureInfo.InvariantCulture)));
            versions = await registry.ListVersionsAsync(model, Page, versions[^1].Number, cancellationToken).ConfigureAwait(false);
        }

        return numbers;
    }

    private static async Task<List<string>> ReadAsync(
        Func<string?, CancellationToken, Task<(IReadOnlyList<string> Items, string? Next)>> readAsync, CancellationToken cancellationToken)
    {
        (List<string> names, _) = await Pages.ReadAsync<string>(int.MaxValue, after: null, (_, after) => readAsync(after, cancellationToken)).ConfigureAwait(false);
        return names;
    }
}
