namespace Mlops.Tuning;

/// <summary>An intermediate value of a trial.</summary>
/// <param name="Step">When: an epoch, a fold, a number of samples; 0 or more.</param>
/// <param name="Value">The objective so far; may be NaN or infinite.</param>
public readonly record struct TrialReport(int Step, double Value);
