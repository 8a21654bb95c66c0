namespace Mlops.Storage;

/// <summary>What a store holds of an artifact.</summary>
/// <param name="Hash">The SHA-256 of its bytes.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record StoredArtifact(ContentHash Hash, long Length);
