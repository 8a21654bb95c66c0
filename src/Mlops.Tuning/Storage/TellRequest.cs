namespace Mlops.Tuning;

/// <summary>How a trial ended, with everything that is not stored yet.</summary>
internal sealed record TellRequest(
    long Study,
    string StudyName,
    long Trial,
    int Number,
    int Attempt,
    long Epoch,
    TrialState State,
    double? Value,
    string? FurtherValues,
    string? Reason,
    string Parameters,
    string? Constraints,
    double Violation,
    IReadOnlyList<KeyValuePair<string, ParameterDomain>> NewDomains,
    byte[]? Reports,
    TrialReport? LastReport,
    long Now,
    bool MayHaveCheckpoint,
    int JudgedBefore);

/// <param name="FinishSequence">The trial's place in the order of finishing, from 1.</param>
/// <param name="Finished">When it was told first, in microseconds.</param>
/// <param name="IsRepeat">Whether the same outcome had been told before.</param>
internal readonly record struct TellOutcome(long FinishSequence, long Finished, bool IsRepeat);
