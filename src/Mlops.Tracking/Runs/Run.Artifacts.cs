using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class Run
{
    /// <summary>
    /// Stores a file with the run; when this returns, it survives loss of power, or the server has it. The same name again replaces it, the same bytes are
    /// kept once whatever their names.
    /// </summary>
    /// <param name="name">For example <c>model.onnx</c> or <c>plots/roc.svg</c>; see <see cref="ArtifactName"/>.</param>
    /// <param name="content">Read to its end and left open.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="ArgumentException">The name does not follow the grammar.</exception>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<RunArtifact> LogArtifactAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        ArtifactName parsed = ArtifactName.Parse(name);
        ArgumentNullException.ThrowIfNull(content);
        RequireRunning();
        return _environment.Store.LogArtifactAsync(_row.Id, parsed.Value, content, cancellationToken);
    }

    /// <summary>Opens a file of this run. Where the store knows their hash, its bytes are verified while they are read.</summary>
    /// <exception cref="RunArtifactNotFoundException">The run has none of that name.</exception>
    public Task<Stream> OpenArtifactAsync(string name, CancellationToken cancellationToken = default)
    {
        ArtifactName parsed = ArtifactName.Parse(name);
        return _environment.Store.OpenArtifactAsync(_row.Id, parsed.Value, cancellationToken);
    }
}
