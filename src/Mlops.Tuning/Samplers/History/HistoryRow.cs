namespace Mlops.Tuning;

/// <summary>A finished trial as samplers need it.</summary>
internal sealed record HistoryRow(
    int Number, TrialState State, IReadOnlyList<double> Values, TrialReport? LastReport, List<KeyValuePair<string, ParameterValue>> Parameters,
    double Violation = 0,
    double LargestConstraint = double.NaN);
