using System.Text.Json.Serialization;

namespace Mlops.Serving;

/// <summary>What the figures say at a moment.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutVerdict>))]
public enum RolloutVerdict
{
    /// <summary>Neither has been shown yet; go on.</summary>
    Hold,

    /// <summary>Every metric has been shown to be within its margin.</summary>
    Promote,

    /// <summary>A metric has been shown to be worse.</summary>
    Rollback,
}

/// <summary>A candidate compared with the stable version, as far as this process has seen them.</summary>
/// <param name="Verdict">What the figures say.</param>
/// <param name="Reason">Which figures say it, or what is still missing; one sentence.</param>
/// <param name="Alpha"><see cref="RolloutOptions.Alpha"/> when it was made.</param>
/// <param name="StableVersion">Number of the stable version.</param>
/// <param name="CandidateVersion">Number of the candidate.</param>
/// <param name="At">When it was made.</param>
/// <param name="Metrics">The metrics, in the order errors, time, outcomes.</param>
public sealed record RolloutEvaluation(
    RolloutVerdict Verdict, string Reason, double Alpha, long StableVersion, long CandidateVersion, DateTimeOffset At, IReadOnlyList<RolloutMetric> Metrics);

/// <summary>One metric of both versions; smaller is better. Each key counts once, by its first value.</summary>
/// <param name="Name"><c>errors</c> (share of keys whose first call failed), <c>time</c> (logarithm to base 2 of the computing time, 0 for the stable version: from pairs of runs with equally many rows, one of either version), or the name of an outcome's metric.</param>
/// <param name="StableKeys">Keys that the stable version answered.</param>
/// <param name="CandidateKeys">Keys that the candidate answered.</param>
/// <param name="StableMean">Mean over the stable version's keys; <c>null</c> without any.</param>
/// <param name="CandidateMean">Mean over the candidate's keys; <c>null</c> without any.</param>
/// <param name="Margin">Largest difference that is accepted, in the unit of the means.</param>
/// <param name="LogWorse">Natural logarithm of the evidence that the candidate is worse: for errors, that it fails more keys; else, that the difference exceeds the margin.</param>
/// <param name="LogWithinMargin">Natural logarithm of the evidence that the difference is below the margin.</param>
public sealed record RolloutMetric(
    string Name, long StableKeys, long CandidateKeys, double? StableMean, double? CandidateMean, double Margin, double LogWorse, double LogWithinMargin);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RolloutEvaluation))]
internal sealed partial class RolloutJson : JsonSerializerContext;
