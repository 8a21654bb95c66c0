namespace Mlops.Orchestration;

/// <summary>A result that is known under a key, and the step that made it.</summary>
internal sealed record CachedResult(long RunId, string StepKey, long Sequence, long? Expires, StoredPayload Payload);

/// <summary>What the commit of an attempt says to the cache. <c>Policy</c> is null when nothing is kept for others.</summary>
internal sealed record CacheEntry(CacheKey Key, CacheOutcome Outcome, CachePolicy? Policy, long? FromRun);
