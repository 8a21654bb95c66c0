using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>A store of artifacts that refuses, and not because it is away, what it is told to refuse.</summary>
internal sealed class RefusingArtifacts(IArtifactStore store) : IArtifactStore
{
    public int StagesToRefuse { get; set; }

    public int ReadsToRefuse { get; set; }

    public ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default) => StagesToRefuse-- > 0
        ? throw new StorageException("the credentials have expired")
        : store.StageAsync(content, cancellationToken);

    public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) => ReadsToRefuse-- > 0
        ? throw new StorageException("the credentials have expired")
        : store.OpenReadAsync(hash, cancellationToken);

    public ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default) =>
        store.OpenRangeAsync(hash, offset, length, cancellationToken);

    public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.ExistsAsync(hash, cancellationToken);

    public ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.DeleteAsync(hash, cancellationToken);
}
