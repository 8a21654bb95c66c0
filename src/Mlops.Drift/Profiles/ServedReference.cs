namespace Mlops.Drift;

/// <summary>What belongs to a served model version: its reference, and how wrong it is when all is well.</summary>
/// <param name="Profile">The reference, or null when only the error is watched.</param>
/// <param name="ErrorBaseline">The error baseline, or null when only the data is watched.</param>
public sealed record ServedReference(ReferenceProfile? Profile, ErrorBaseline? ErrorBaseline = null);
