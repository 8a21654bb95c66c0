namespace Quickstart;

/// <summary>Why a retraining pipeline starts.</summary>
public enum RetrainCause
{
    /// <summary>The served version's error rose above its own baseline.</summary>
    ErrorAlarm,

    /// <summary>Inputs left the season's reference while the error stayed within its baseline.</summary>
    FeatureDrift,
}

/// <summary>When an alarm may start the pipeline, and on which days it trains and judges.</summary>
public sealed record RetrainPolicy
{
    /// <summary>Labelled days that are kept from training and on which candidate and champion are compared.</summary>
    public int HoldOutDays { get; init; } = 28;

    /// <summary>Labelled days that a model is trained on.</summary>
    public int TrainingDays { get; init; } = 730;

    /// <summary>Newest training days whose cross-validated errors become the version's error baseline.</summary>
    public int BaselineDays { get; init; } = 365;

    /// <summary>Least days from one run to the next for an error alarm: one hold-out, so that no two runs judge by the same days.</summary>
    public int ErrorCoolDownDays { get; init; } = 28;

    /// <summary>Least days from any run to one for drifted inputs alone: two monitor windows of 13 weeks, all seen after that run.</summary>
    public int DriftCoolDownDays { get; init; } = 182;

    /// <summary>The cause to start the pipeline for at the end of <paramref name="today"/>, or null to leave things as they are.</summary>
    /// <param name="lastRun">The day after which the previous pipeline ran, whatever its outcome; null before the first.</param>
    public RetrainCause? Decide(DateOnly today, bool errorAlarm, bool featureAlarm, DateOnly? lastRun)
    {
        int days = lastRun is { } last ? today.DayNumber - last.DayNumber : int.MaxValue;
        if (errorAlarm && days >= ErrorCoolDownDays)
            return RetrainCause.ErrorAlarm;
        return featureAlarm && days >= DriftCoolDownDays ? RetrainCause.FeatureDrift : null;
    }
}
