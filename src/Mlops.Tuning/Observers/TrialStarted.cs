namespace Mlops.Tuning;

/// <summary>A trial has begun, or was taken over from a lost holder.</summary>
/// <param name="Study">The study's name.</param>
/// <param name="Key">See <see cref="TrialRecord.Key"/>.</param>
/// <param name="Number">The number within the study.</param>
/// <param name="Attempt">From 1; more when the trial was taken over.</param>
/// <param name="Started">When this attempt began.</param>
public sealed record TrialStarted(string Study, string Key, int Number, int Attempt, DateTimeOffset Started);
