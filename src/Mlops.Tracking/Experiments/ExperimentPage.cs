namespace Mlops.Tracking;

/// <summary>Some of the experiments that a query found.</summary>
/// <param name="Experiments">The experiments in the query's order.</param>
/// <param name="Next">What <see cref="ExperimentQuery.After"/> is for the next page; null when this is the last.</param>
public sealed record ExperimentPage(IReadOnlyList<Experiment> Experiments, string? Next);
