namespace Mlops.Storage;

/// <summary>What an artifact store implements that can say what it holds, so that bytes without a row are found.</summary>
public interface IArtifactListing
{
    /// <summary>Every artifact, in no order; what is added or removed meanwhile may be told or not. Anything else in the same place is passed over.</summary>
    IAsyncEnumerable<StoredArtifact> ListAsync(CancellationToken cancellationToken = default);
}
