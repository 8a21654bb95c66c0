using Microsoft.Extensions.Logging;

namespace Mlops.Drift;

/// <summary>What drift monitors log; never a feature's value.</summary>
internal static partial class DriftLog
{
    [LoggerMessage(4001, LogLevel.Warning, "Drift monitor {Monitor}: the selector of {Column} threw {Exception}. The row was lost; further failures are only counted.")]
    public static partial void SelectorFailed(ILogger logger, string monitor, string column, string exception);

    [LoggerMessage(4002, LogLevel.Warning, "Drift monitor {Monitor}: a row has {Numbers} numbers and {Texts} texts, its schema {ExpectedNumbers} and {ExpectedTexts}. It was not taken in; further ones are only counted.")]
    public static partial void MalformedRow(ILogger logger, string monitor, int numbers, int texts, int expectedNumbers, int expectedTexts);

    [LoggerMessage(4003, LogLevel.Information, "Drift monitor {Monitor}: model version {Version} is live (with a reference: {HasReference}).")]
    public static partial void VersionActivated(ILogger logger, string monitor, string version, bool hasReference);

    [LoggerMessage(4004, LogLevel.Warning, "Drift monitor {Monitor}: model version {Version} has no reference, so nothing was compared. Further evaluations of it are only counted.")]
    public static partial void NoReference(ILogger logger, string monitor, string version);

    [LoggerMessage(4005, LogLevel.Warning, "Drift monitor {Monitor}: the reference of model version {Version} could not be had. It is asked for again at the next evaluation.")]
    public static partial void ReferenceFailed(ILogger logger, string monitor, string version, Exception exception);

    [LoggerMessage(4006, LogLevel.Warning, "Drift monitor {Monitor}: {Kind} alert {Alert} raised: {Reason}")]
    public static partial void AlertRaised(ILogger logger, string monitor, AlertKind kind, string alert, string reason);

    [LoggerMessage(4007, LogLevel.Information, "Drift monitor {Monitor}: {Kind} alert {Alert} cleared.")]
    public static partial void AlertCleared(ILogger logger, string monitor, AlertKind kind, string alert);

    [LoggerMessage(4008, LogLevel.Error, "Drift monitor {Monitor}: observer {Observer} failed or took too long. The others were told; it is told again at an evaluation after a growing wait, unless it has refused for good.")]
    public static partial void ObserverFailed(ILogger logger, string monitor, string observer, Exception exception);

    [LoggerMessage(4009, LogLevel.Error, "Drift monitor {Monitor}: evaluation failed. It is tried again at the next interval.")]
    public static partial void EvaluationFailed(ILogger logger, string monitor, Exception exception);

    [LoggerMessage(4010, LogLevel.Error, "Drift monitor {Monitor}: its state could not be stored. It is tried again after the next evaluation.")]
    public static partial void SaveFailed(ILogger logger, string monitor, Exception exception);

    [LoggerMessage(4011, LogLevel.Error, "Drift monitor {Monitor}: its stored state could not be used; it starts afresh.")]
    public static partial void RestoreFailed(ILogger logger, string monitor, Exception exception);

    [LoggerMessage(4012, LogLevel.Error, "Drift monitor {Monitor}: that alert {Alert} was {Change} is given up for observer {Observer}, which refused it, failed for a day or has too many waiting.")]
    public static partial void AlertGivenUp(ILogger logger, string monitor, AlertChange change, string alert, string observer);

    [LoggerMessage(4013, LogLevel.Warning, "Drift monitor {Monitor}: its stored state could not be read yet. Rows wait, and it is tried again after {Delay}.")]
    public static partial void RestoreDelayed(ILogger logger, string monitor, TimeSpan delay, Exception exception);

    [LoggerMessage(4014, LogLevel.Error, "Drift monitor {Monitor}: its stored state cannot be read. It starts afresh and stores no state, so that the next start finds the stored one.")]
    public static partial void RestoreGivenUp(ILogger logger, string monitor, Exception exception);

    [LoggerMessage(4015, LogLevel.Warning, "Drift monitor {Monitor}: a row lies more than {Lead} ahead of the clock. It was not taken in; further ones are only counted. Check the client's clock and the unit of its times.")]
    public static partial void FutureRow(ILogger logger, string monitor, TimeSpan lead);

    [LoggerMessage(4017, LogLevel.Warning, "Drift monitor {Monitor}: the detector {Detector} cannot watch the errors of model version {Version}; it needs misclassification, or a baseline whose errors vary.")]
    public static partial void DetectorUnfit(ILogger logger, string monitor, ErrorDetectorKind detector, string version);

    [LoggerMessage(4016, LogLevel.Error, "Drift monitor {Monitor}: what needs no labels could not be estimated. The report lacks it.")]
    public static partial void EstimateFailed(ILogger logger, string monitor, Exception exception);

    [LoggerMessage(4018, LogLevel.Error, "Drift monitor {Monitor}: the report of {EvaluatedAt} is given up for observer {Observer}, which refused it, failed for a day or has too many waiting.")]
    public static partial void ReportGivenUp(ILogger logger, string monitor, DateTimeOffset? evaluatedAt, string observer);

    [LoggerMessage(4019, LogLevel.Warning, "Drift monitor {Monitor}: a reader of alerts is too slow and missed alert {Alert}. Further ones are only counted.")]
    public static partial void AlertMissed(ILogger logger, string monitor, string alert);
}
