namespace Mlops.Drift;

/// <summary>An alert as it was stored.</summary>
/// <param name="Alert">The alert as it was raised.</param>
/// <param name="ClearedAt">When it was cleared, or null while it stands.</param>
public sealed record StoredAlert(DriftAlert Alert, DateTimeOffset? ClearedAt);
