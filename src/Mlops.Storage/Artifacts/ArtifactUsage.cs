namespace Mlops.Storage;

/// <summary>What the database knows to be stored.</summary>
/// <param name="Artifacts">How many artifacts; equal bytes count once.</param>
/// <param name="Bytes">Their bytes together.</param>
/// <param name="Unreferenced">How many of them nothing refers to, uploads that are still open among them.</param>
/// <param name="UnreferencedBytes">The bytes of those.</param>
/// <param name="ReferencedBytes">What the references would take if every one had bytes of its own.</param>
public sealed record ArtifactUsage(long Artifacts, long Bytes, long Unreferenced, long UnreferencedBytes, long ReferencedBytes);
