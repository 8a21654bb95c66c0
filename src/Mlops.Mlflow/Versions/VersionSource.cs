using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// What a client says a version is made of. Files that this server has are kept by their content, so that the version never changes;
/// an address elsewhere is kept as text, and nobody fetches it.
/// </summary>
internal sealed class VersionSource(Tracker tracker, ModelRegistry registry, VersionFiles versions)
{
    /// <summary>
    /// The files here that the source names, and its address, which is what is kept when there are no files: it is elsewhere, of a run that this
    /// server does not have, or nothing was uploaded there yet.
    /// </summary>
    /// <exception cref="ProtocolException">It is a path on the server, or leaves where it pretends to be.</exception>
    public async Task<(IReadOnlyList<ModelFile> Files, string Address)> ReadAsync(string source, CancellationToken cancellationToken)
    {
        string decoded = SafePath.Decode(source);
        switch (SchemeOf(decoded))
        {
            case "" or "file":
                throw ProtocolException.Invalid(
                    $"Invalid model version source: '{ProtocolException.Shorten(source)}'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.");
            case "runs":
                string[] parts = decoded["runs:".Length..].TrimStart('/').Split('/', 2);
                return await FilesOfRunAsync(RunIds.Require(parts[0]), SafePath.Read(parts.Length == 2 ? parts[1] : ""), source, cancellationToken).ConfigureAwait(false);
            case "models":
                ModelVersion version = await VersionOfAsync(decoded, cancellationToken).ConfigureAwait(false);
                return (await versions.ReadAsync(version, cancellationToken).ConfigureAwait(false), await versions.AddressOfAsync(version, cancellationToken).ConfigureAwait(false));
            case "mlflow-artifacts" when FindPath(decoded) is { Version: { } named } path:
                ModelVersion found = await versions.GetAsync(named.Model, named.Number, cancellationToken).ConfigureAwait(false);
                return (Below(await versions.ReadAsync(found, cancellationToken).ConfigureAwait(false), path.Name), source);
            case "mlflow-artifacts" when FindPath(decoded) is { Run: { } run } path:
                return await FilesOfRunAsync(run.Id, path.Name, source, cancellationToken).ConfigureAwait(false);
            default:
                RequireNormal(decoded, source);
                return ([], source);
        }
    }

    /// <summary>Null when it is another server's address, or none that this one could have given; whether it is harmless is said later.</summary>
    private static ProxyPath? FindPath(string uri)
    {
        try
        {
            return ProxyPath.ReadUri(uri);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    /// <summary>The address is through this server, which every client can follow; not all know what runs:/ is.</summary>
    private async Task<(IReadOnlyList<ModelFile> Files, string Address)> FilesOfRunAsync(string runId, string path, string source, CancellationToken cancellationToken)
    {
        if (await tracker.FindRunAsync(runId, cancellationToken).ConfigureAwait(false) is not { } run)
        {
            return ([], source);
        }

        IReadOnlyList<RunArtifact> artifacts = await tracker.ListArtifactsAsync(runId, cancellationToken).ConfigureAwait(false);
        string root = ProxyPath.RootOf(run);
        return (
            Below([.. artifacts.Select(static artifact => new ModelFile(artifact.Name, artifact.Hash, artifact.Length))], path),
            path.Length == 0 ? root : $"{root}/{path}");
    }

    private Task<ModelVersion> VersionOfAsync(string uri, CancellationToken cancellationToken) =>
        ModelReference.TryParse(uri["models:".Length..].TrimStart('/'), out ModelReference reference)
            ? registry.GetAsync(reference, cancellationToken)
            : throw ProtocolException.Invalid($"Invalid model version source: '{ProtocolException.Shorten(uri)}'. A registered version is models:/<name>/<version> or models:/<name>@<alias>.");

    /// <summary>The files of a folder, named within it, or one file.</summary>
    private static List<ModelFile> Below(IReadOnlyList<ModelFile> files, string path) =>
        [.. files.Where(file => ArtifactTree.IsAtOrBelow(file.Name, path)).Select(file => file with { Name = Within(file.Name, path) })];

    private static string Within(string name, string path) =>
        path.Length == 0 ? name
        : name == path ? name[(name.LastIndexOf('/') + 1)..]
        : name[(path.Length + 1)..];

    /// <summary>In lower case; empty when there is none, or it is a drive.</summary>
    private static string SchemeOf(string uri)
    {
        int colon = uri.IndexOf(':', StringComparison.Ordinal);
        return colon > 1 && char.IsAsciiLetter(uri[0]) && uri.AsSpan(0, colon).ToString().All(static c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.')
            ? uri[..colon].ToLowerInvariant()
            : "";
    }

    private static void RequireNormal(string decoded, string source)
    {
        if (decoded.AsSpan().ContainsAny('\\', '\0') || decoded.Split('/', '?', '#', ';').Any(static segment => segment is "." or ".."))
        {
            throw ProtocolException.Invalid(
                $"Invalid model version source: '{ProtocolException.Shorten(source)}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present.");
        }
    }
}
