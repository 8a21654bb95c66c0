namespace Mlops.Storage;

/// <summary>
/// An artifact that has been stored and is pinned: garbage collection leaves it alone until this is disposed, so that the
/// write that refers to it can be made in between.
/// </summary>
public sealed class ArtifactUpload : IAsyncDisposable
{
    private readonly ArtifactCatalog _catalog;
    private readonly string _pin;
    private bool _disposed;

    internal ArtifactUpload(ArtifactCatalog catalog, string pin, StoredArtifact artifact)
    {
        _catalog = catalog;
        _pin = pin;
        Artifact = artifact;
    }

    /// <summary>What was stored.</summary>
    public StoredArtifact Artifact { get; }

    /// <summary>Drops the pin.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _catalog.UnpinAsync(_pin).ConfigureAwait(false);
    }
}
