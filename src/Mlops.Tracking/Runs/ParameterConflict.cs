namespace Mlops.Tracking;

/// <summary>A parameter that was to be changed.</summary>
/// <param name="Key">The parameter.</param>
/// <param name="Stored">The value that stands.</param>
/// <param name="Refused">The value that was refused.</param>
public sealed record ParameterConflict(string Key, string Stored, string Refused);
