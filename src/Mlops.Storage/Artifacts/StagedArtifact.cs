namespace Mlops.Storage;

/// <summary>An artifact that has been received and hashed, but is not to be found yet. Disposing it unpublished discards it.</summary>
public abstract class StagedArtifact : IAsyncDisposable
{
    /// <summary>Describes what was received.</summary>
    protected StagedArtifact(StoredArtifact artifact)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        Artifact = artifact;
    }

    /// <summary>Hash and length of what was received.</summary>
    public StoredArtifact Artifact { get; }

    /// <summary>
    /// Makes the artifact readable under its hash. When it returns, the artifact survives loss of power.
    /// The store keeps one copy however often the same bytes are published.
    /// </summary>
    public abstract ValueTask PublishAsync(CancellationToken cancellationToken = default);

    /// <summary>Discards what was not published.</summary>
    public abstract ValueTask DisposeAsync();
}
