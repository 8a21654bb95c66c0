namespace NightlyRetrain;

/// <summary>A registered version and its error on the newest four weeks, which it was not fitted on, in thousands of entries.</summary>
public sealed record Candidate(int Version, double Error);
