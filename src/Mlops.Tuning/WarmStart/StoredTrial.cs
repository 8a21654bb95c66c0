namespace Mlops.Tuning;

/// <summary>A finished trial of elsewhere, as it is to be stored.</summary>
/// <param name="Key">Unique in the study: what has been stored under it is not stored again.</param>
/// <param name="State">Completed, pruned or failed.</param>
/// <param name="Values">One per objective when completed, else empty.</param>
/// <param name="Parameters">The parameters.</param>
/// <param name="Constraints">The constraints; empty without.</param>
/// <param name="Reason">Why it failed, or null.</param>
/// <param name="Reports">By step.</param>
/// <param name="Started">When it began, in microseconds.</param>
/// <param name="Finished">When it ended, in microseconds.</param>
internal sealed record StoredTrial(
    string Key,
    TrialState State,
    IReadOnlyList<double> Values,
    IEnumerable<KeyValuePair<string, ParameterValue>> Parameters,
    IReadOnlyDictionary<string, double> Constraints,
    string? Reason,
    IReadOnlyList<TrialReport> Reports,
    long Started,
    long Finished);
