namespace Mlops.Serving.AspNetCore;

/// <summary>The models of a server as the protocols' repository: what there is, and taking it in and out.</summary>
internal static class ModelRepository
{
    /// <summary>Every version of the folder, and what else the server has, by name and number.</summary>
    /// <param name="server">The server.</param>
    /// <param name="onlyReady">Leaves out what does not serve.</param>
    public static IEnumerable<ModelFolderEntry> List(ModelServer server, bool onlyReady)
    {
        IReadOnlyList<ModelFolderEntry> ofFolder = server.Folder?.Entries ?? [];
        var names = ofFolder.Select(static entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        return ofFolder.Concat(server.Models.Where(model => !names.Contains(model.Name)).SelectMany(Entries))
            .Where(entry => !onlyReady || entry.State == ModelState.Ready)
            .OrderBy(static entry => entry.Name, StringComparer.Ordinal).ThenBy(static entry => entry.Version);
    }

    /// <summary>Loads what is new of a model of the folder, or of one that the program has registered.</summary>
    /// <exception cref="ModelLoadException">Nothing serves afterwards, or the newest version was refused.</exception>
    public static async Task LoadAsync(ModelServer server, string name, CancellationToken cancellationToken)
    {
        if (server.Find(name) is { } model && !IsOfFolder(server, name))
            await model.ReloadAsync(cancellationToken).ConfigureAwait(false);
        else if (server.Folder is { } folder)
            await folder.LoadAsync(name, cancellationToken).ConfigureAwait(false);
        else
            throw new ModelLoadException(name, ModelLoadFailure.NothingToServe, "the server has no folder of models.");
    }

    /// <summary>Takes a model of the folder out of service.</summary>
    /// <exception cref="WireException">The program has registered it.</exception>
    public static Task UnloadAsync(ModelServer server, string name, CancellationToken cancellationToken)
    {
        if (server.Find(name) is not null && !IsOfFolder(server, name))
            throw new WireException($"Model '{name}' does not come from the folder of models and cannot be unloaded.");
        return server.Folder?.UnloadAsync(name, cancellationToken) ?? Task.CompletedTask;
    }

    // A model of the folder that was unloaded is still an entry of it.
    private static bool IsOfFolder(ModelServer server, string name) => server.Folder?.Entries.Any(entry => entry.Name == name && entry.Version is not null) == true;

    private static IEnumerable<ModelFolderEntry> Entries(ServedModel model)
    {
        string reason = model.LastFailure?.Message ?? "";
        IReadOnlyList<ServedVersion> versions = model.Versions;
        return versions.Count == 0
            ? [new ModelFolderEntry(model.Name, null, ModelState.Unavailable, reason)]
            : versions.Select(version => new ModelFolderEntry(model.Name, version.Number, ModelState.Ready, version == model.Version ? reason : ""));
    }
}
