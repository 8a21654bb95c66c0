using Microsoft.Extensions.Logging;

namespace Mlops.Tuning;

internal static partial class TuningLog
{
    [LoggerMessage(7000, LogLevel.Warning, "Trial {Number} of study '{Study}' failed: {Reason}")]
    public static partial void TrialFailed(this ILogger logger, string study, int number, string? reason, Exception? exception);

    [LoggerMessage(7001, LogLevel.Information, "Trial {Number} of study '{Study}' was taken over from a lost holder, attempt {Attempt}")]
    public static partial void TrialTakenOver(this ILogger logger, string study, int number, int attempt);

    [LoggerMessage(7002, LogLevel.Warning, "Trial {Number} of study '{Study}' was lost by this process: its lease ran out")]
    public static partial void TrialLost(this ILogger logger, string study, int number);

    [LoggerMessage(7003, LogLevel.Warning, "Renewing the leases of {Count} trials failed; the next attempt follows")]
    public static partial void RenewalFailed(this ILogger logger, int count, Exception exception);

    [LoggerMessage(7004, LogLevel.Error, "Trial observer {Observer} failed for trial {Number} of study '{Study}'; the study goes on")]
    public static partial void ObserverFailed(this ILogger logger, string observer, string study, int number, Exception exception);

    [LoggerMessage(7005, LogLevel.Warning, "{Count} trials of study '{Study}' failed because they had been lost too often")]
    public static partial void TrialsExhausted(this ILogger logger, string study, int count);

    [LoggerMessage(7006, LogLevel.Warning, "Recording which trials were observed failed; they are delivered again when the study is optimised next")]
    public static partial void ObservedMarkFailed(this ILogger logger, Exception exception);

    [LoggerMessage(7007, LogLevel.Warning, "The database is busy or away; the call is repeated")]
    public static partial void CallRepeated(this ILogger logger, Exception exception);

    [LoggerMessage(7009, LogLevel.Warning, "Reading the reports of other processes' trials failed; trials are pruned by those known before")]
    public static partial void ReportsUnread(this ILogger logger, Exception exception);

    [LoggerMessage(7010, LogLevel.Warning, "Trial {Number} of study '{Study}' failed in attempt {Attempt} and is tried again")]
    public static partial void TrialRetried(this ILogger logger, string study, int number, int attempt, Exception exception);

    [LoggerMessage(7011, LogLevel.Warning, "{Count} finished trials of study '{Study}' are damaged or missing in the database; the search goes on without what they found")]
    public static partial void TrialsUnreadable(this ILogger logger, string study, int count);

    [LoggerMessage(7012, LogLevel.Warning, "Trial {Number} of study '{Study}' was enqueued with values of {Parameters} that its objective did not use: it did not ask for them, or with a domain that does not hold them")]
    public static partial void EnqueuedValuesUnused(this ILogger logger, string study, int number, string parameters);

    [LoggerMessage(7013, LogLevel.Warning, "Study '{Study}' was created with sampler {Created} and goes on with {Sampler}; name the sampler when the study is opened, where that is not meant")]
    public static partial void SamplerChanged(this ILogger logger, string study, string created, string sampler);

    [LoggerMessage(7014, LogLevel.Information, "The values of trial {Number} of study '{Study}' were chosen while the study was held: other processes had taken the numbers that they were chosen for before")]
    public static partial void ChosenWhileHeld(this ILogger logger, string study, int number);

    [LoggerMessage(7008, LogLevel.Warning, "An observer did not answer in time; the trials that waited behind it are delivered when their study is optimised next")]
    public static partial void ObserversPutOff(this ILogger logger);
}
