namespace Mlops.Tracking;

/// <summary>A dataset that runs of an experiment read, and what for.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Digest">What tells its state from others.</param>
/// <param name="Context">What runs read it for; null where none was given.</param>
public sealed record DatasetSummary(string Name, string Digest, string? Context);
