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
    /// The files here that the source names; none when it is an address elsewhere, of a run that this server does not have, or nothing was
    /// uploaded there.
    /// </summary>
    /// <exception cref="ProtocolException">It is a path on the server, or leaves where it pretends to be.</exception>
    public async Task<IReadOnlyList<ModelFile>> ReadAsync(string source, CancellationToken cancellationToken)
    {
        string decoded = SafePath.Decode(source);
        switch (SchemeOf(decoded))
        {
            case "" or "file":
                throw ProtocolException.Invalid(
                    $"Invalid model version source: '{ProtocolException.Shorten(source)}'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.");
            case "runs":
                return await FilesOfRunAsync(decoded, cancellationToken).ConfigureAwait(false);
            case "models":
                return await FilesOfVersionAsync(decoded, cancellationToken).ConfigureAwait(false);
            case "mlflow-artifacts" when FindPath(decoded) is { } path:
                return path.Version is { } version
                    ? Below(await versions.ReadAsync(await versions.GetAsync(version.Model, version.Number, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false), path.Name)
                    : await FilesOfRunAsync(path.Run!.Value.Id, path.Name, cancellationToken).ConfigureAwait(false);
            default:
                RequireNormal(decoded, source);
                return [];
        }
    }

    /// <summary>Null when it is another server's address, or of nothing that this one keeps files of.</summary>
    private static ProxyPath? FindPath(string uri)
    {
        try
        {
            return ProxyPath.ReadUri(uri);
        }
        catch (ProtocolException exception) when (exception.Code == ErrorCode.DoesNotExist)
        {
            return null;
        }
    }

    private Task<IReadOnlyList<ModelFile>> FilesOfRunAsync(string uri, CancellationToken cancellationToken)
    {
        string[] parts = uri["runs:".Length..].TrimStart('/').Split('/', 2);
        return FilesOfRunAsync(RunIds.Require(parts[0]), SafePath.Read(parts.Length == 2 ? parts[1] : ""), cancellationToken);
    }

    private async Task<IReadOnlyList<ModelFile>> FilesOfRunAsync(string runId, string path, CancellationToken cancellationToken)
    {
        if (await tracker.FindRunAsync(runId, cancellationToken).ConfigureAwait(false) is null)
        {
            return [];
        }

        IReadOnlyList<RunArtifact> artifacts = await tracker.ListArtifactsAsync(runId, cancellationToken).ConfigureAwait(false);
        return Below([.. artifacts.Select(static artifact => new ModelFile(artifact.Name, artifact.Hash, artifact.Length))], path);
    }

    private async Task<IReadOnlyList<ModelFile>> FilesOfVersionAsync(string uri, CancellationToken cancellationToken)
    {
        ModelVersion version = ModelReference.TryParse(uri["models:".Length..].TrimStart('/'), out ModelReference reference)
            ? await registry.GetAsync(reference, cancellationToken).ConfigureAwait(false)
            : throw ProtocolException.Invalid($"Invalid model version source: '{ProtocolException.Shorten(uri)}'. A registered version is models:/<name>/<version> or models:/<name>@<alias>.");
        return await versions.ReadAsync(version, cancellationToken).ConfigureAwait(false);
    }

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
