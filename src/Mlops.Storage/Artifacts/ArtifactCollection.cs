namespace Mlops.Storage;

/// <summary>What one garbage collection removed.</summary>
/// <param name="Artifacts">How many artifacts.</param>
/// <param name="Bytes">Their bytes together.</param>
public sealed record ArtifactCollection(int Artifacts, long Bytes);
