namespace Mlops.Tuning;

/// <summary>A trial that ran when another began.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Proposal">The coordinates that were proposed for it together.</param>
public sealed record RunningTrial(int Number, IReadOnlyDictionary<string, double> Proposal);
