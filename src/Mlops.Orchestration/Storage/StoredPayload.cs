namespace Mlops.Orchestration;

/// <summary>A result as it is stored: in the log itself, or as an artifact when it is large.</summary>
internal readonly record struct StoredPayload(byte[]? Inline, string? ContentHash, long Length);
