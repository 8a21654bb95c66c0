namespace Mlops.Tracking;

/// <summary>Some of the runs that a query found.</summary>
/// <param name="Runs">The runs in the query's order.</param>
/// <param name="Next">What <see cref="RunQuery.After"/> is for the next page; null when this is the last.</param>
public sealed record RunPage(IReadOnlyList<RunRecord> Runs, string? Next);
