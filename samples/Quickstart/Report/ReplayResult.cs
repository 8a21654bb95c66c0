namespace Quickstart;

/// <summary>Everything the replay found out, as it is written to result.json and drawn in the report.</summary>
/// <param name="Days">In date order, one per replayed day.</param>
/// <param name="Decisions">In date order, one per candidate that reached the gate.</param>
/// <param name="Windows">Closed monitor windows, feature by feature.</param>
/// <param name="BlindRuns">How often the blind line of <paramref name="Days"/> was retrained.</param>
/// <param name="BlindAsOften">A second blind line, retrained exactly as often as the managed one; it is known only once the replay has ended.</param>
public sealed record ReplayResult(
    Hyperparameters Hyperparameters, IReadOnlyList<ReplayDay> Days, IReadOnlyList<CandidateDecision> Decisions, IReadOnlyList<FeatureWindow> Windows, int BlindRuns, BlindLine? BlindAsOften);

/// <param name="Runs">Retrainings, evenly spread over the replay.</param>
/// <param name="Predictions">One per replayed day.</param>
public sealed record BlindLine(int Runs, IReadOnlyList<double> Predictions);

/// <summary>What four ways of keeping a model predicted for one day, in thousands of entries, and the state of the monitor at its end.</summary>
public sealed record ReplayDay(
    DateOnly Date, double Actual, double Frozen, double Naive, double Blind, double Managed, int Version, bool ErrorAlarm, bool FeatureAlarm);

/// <summary>Where a candidate came from.</summary>
public enum CandidateOrigin
{
    ErrorAlarm,
    FeatureDrift,

    /// <summary>Handed in by a caller, not trained by the pipeline.</summary>
    Pushed,
}

/// <summary>A candidate at the gate.</summary>
/// <param name="Trigger">What the alarm, or the caller, said.</param>
/// <param name="Champion">Version served when the candidate was judged.</param>
/// <param name="Candidate">The candidate's version.</param>
/// <param name="Promoted">Version served from the next day on, which is the candidate fitted again on all days; null after a rejection.</param>
/// <param name="HoldOutDays">Days on which both were compared.</param>
public sealed record CandidateDecision(
    DateOnly Date, CandidateOrigin Origin, string Trigger, int Champion, int Candidate, bool Accepted, int? Promoted, int HoldOutDays, PairedVerdict Verdict);

/// <summary>One feature in one closed monitor window against its season's reference.</summary>
/// <param name="Distance">Kolmogorov-Smirnov distance, 0 to 1.</param>
public sealed record FeatureWindow(DateOnly From, DateOnly To, int Version, string Feature, double Distance, double PValue, bool Drifted);
