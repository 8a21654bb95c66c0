namespace Mlops.Registry;

/// <summary>Some of the versions that a query found.</summary>
/// <param name="Versions">The versions in the query's order.</param>
/// <param name="Next">What <see cref="VersionQuery.After"/> is for the next page; null when this is the last.</param>
public sealed record VersionPage(IReadOnlyList<ModelVersion> Versions, string? Next);
