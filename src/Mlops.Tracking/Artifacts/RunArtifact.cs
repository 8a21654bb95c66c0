using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>A file that a run logged.</summary>
/// <param name="Name">Its name within the run, for example <c>plots/roc.svg</c>.</param>
/// <param name="Hash">The SHA-256 of its bytes; all zeros where the store does not tell.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Time">When it was logged, UTC; 1970-01-01 where the store does not tell.</param>
public sealed record RunArtifact(string Name, ContentHash Hash, long Length, DateTimeOffset Time);
