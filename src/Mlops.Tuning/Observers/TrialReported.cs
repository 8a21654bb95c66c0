namespace Mlops.Tuning;

/// <summary>A trial has reported intermediate values.</summary>
/// <param name="Study">The study's name.</param>
/// <param name="Key">See <see cref="TrialRecord.Key"/>.</param>
/// <param name="Number">The number within the study.</param>
/// <param name="Reports">In the order reported; a step may appear again with a newer value.</param>
public sealed record TrialReported(string Study, string Key, int Number, IReadOnlyList<TrialReport> Reports);
