namespace Mlops.Tuning;

/// <summary>A finished trial as samplers need it.</summary>
internal sealed record HistoryRow(
    int Number, TrialState State, IReadOnlyList<double> Values, TrialReport? LastReport, List<KeyValuePair<string, ParameterValue>> Parameters,
    double Violation = 0,
    double LargestConstraint = double.NaN)
{
    /// <summary>The number of a trial whose row is gone.</summary>
    public const int NoNumber = -1;

    /// <summary>Its place in the order that is followed, from 1.</summary>
    public long Place { get; init; }

    /// <summary>Whether the row is gone or cannot be read; it keeps its place as a failed trial of which nothing is known.</summary>
    public bool IsUnreadable { get; private init; }

    public static HistoryRow Unreadable(int number) => new(number, TrialState.Failed, [], null, []) { IsUnreadable = true };
}
