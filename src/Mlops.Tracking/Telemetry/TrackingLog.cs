using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Log messages; event ids 2000 to 2999.</summary>
internal static partial class TrackingLog
{
    [LoggerMessage(2001, LogLevel.Warning,
        "Run {RunId} is incomplete: its buffer of {Capacity} items is full and what is logged now is dropped. Log less often, or await LogMetricsAsync.")]
    public static partial void BufferFull(this ILogger logger, string runId, int capacity);

    // Of what a store throws while it is written to, the logs hold types and statuses: its messages may quote what was logged.
    [LoggerMessage(2002, LogLevel.Error, "Writing {Items} items of run {RunId} failed and they are lost; its further failures are counted, not logged, until a write succeeds: {Failure}.")]
    public static partial void WriteFailed(this ILogger logger, string runId, int items, string failure);

    [LoggerMessage(2003, LogLevel.Warning, "Writing to run {RunId} failed and is repeated: {Failure}.")]
    public static partial void WriteRepeated(this ILogger logger, string runId, string failure);

    [LoggerMessage(2004, LogLevel.Error, "Ending run {RunId} as {Status} failed: {Failure}.")]
    public static partial void EndFailed(this ILogger logger, string runId, RunStatus status, string failure);

    [LoggerMessage(2005, LogLevel.Warning, "Packing the metrics of run {RunId} failed; they stay readable and the next write tries again.")]
    public static partial void PackingFailed(this ILogger logger, Exception exception, string runId);

    // Takes no exception: that one's message holds both values.
    [LoggerMessage(2006, LogLevel.Warning, "Parameter '{Key}' of run {RunId} was refused: it has another value, which stands.")]
    public static partial void ParameterRefused(this ILogger logger, string key, string runId);

    [LoggerMessage(2020, LogLevel.Warning,
        "The lease {Owner} of this process's runs was taken over: they gave no sign of life for {Duration}. It is taken anew, and runs that were ended as Killed go on.")]
    public static partial void LeaseLost(this ILogger logger, string owner, TimeSpan duration);

    [LoggerMessage(2021, LogLevel.Warning,
        "Renewing the lease {Owner} of this process's runs failed and is repeated; after {Duration} without success others may end the runs as Killed.")]
    public static partial void LeaseRenewalFailed(this ILogger logger, Exception exception, string owner, TimeSpan duration);

    [LoggerMessage(2022, LogLevel.Warning, "Ended {Runs} runs as Killed: their process gave no sign of life (lease {Owner}).")]
    public static partial void OrphansEnded(this ILogger logger, int runs, string owner);

    [LoggerMessage(2023, LogLevel.Warning, "Looking for runs of dead processes failed and is repeated.")]
    public static partial void ReapingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2024, LogLevel.Warning, "The surroundings of this process were not stored; its runs so far lack them.")]
    public static partial void EnvironmentNotStored(this ILogger logger, Exception exception);

    [LoggerMessage(2025, LogLevel.Warning, "The recording of meter {Meter} in run {RunId} has {MaximumSeries} series; measurements of further ones are skipped.")]
    public static partial void TooManySeries(this ILogger logger, string meter, string runId, int maximumSeries);

    // Takes no exception: an instrument's own may say anything.
    [LoggerMessage(2026, LogLevel.Warning, "An observable instrument of meter {Meter}, recorded in run {RunId}, threw {ExceptionType}; others are recorded.")]
    public static partial void ObservationFailed(this ILogger logger, string meter, string runId, Type exceptionType);

    [LoggerMessage(2027, LogLevel.Error, "The host stops without waiting any longer; {Items} logged items are not stored.")]
    public static partial void DrainGivenUp(this ILogger logger, long items);

    [LoggerMessage(2028, LogLevel.Warning, "Reading or logging what the process uses, in run {RunId}, failed; the next interval tries again, and further failures are counted, not logged.")]
    public static partial void SampleFailed(this ILogger logger, Exception exception, string runId);

    [LoggerMessage(2029, LogLevel.Warning, "Logging an interval of meter {Meter} in run {RunId} failed; the next interval tries again, and further failures are counted, not logged.")]
    public static partial void TickFailed(this ILogger logger, Exception exception, string meter, string runId);

    [LoggerMessage(2030, LogLevel.Warning, "The store is away, or fails at what it is sent: what runs log goes to the journal in {Folder} until all of it is stored.")]
    public static partial void JournalBegun(this ILogger logger, string folder);

    [LoggerMessage(2031, LogLevel.Information, "{Batches} batches of the journal are stored.")]
    public static partial void JournalReplayed(this ILogger logger, long batches);

    [LoggerMessage(2032, LogLevel.Error, "The journal in {Folder} cannot be written; writes wait for the database.")]
    public static partial void JournalNotWritten(this ILogger logger, Exception exception, string folder);

    [LoggerMessage(2033, LogLevel.Error, "A journal cannot be replayed; its file is kept.")]
    public static partial void JournalNotReplayed(this ILogger logger, Exception exception);

    [LoggerMessage(2034, LogLevel.Error, "{Batches} batches of run {RunId} cannot be stored, because the store does not know it or it is deleted; they were set aside in the journal's folder '{Folder}'.")]
    public static partial void BatchesOfUnknownRun(this ILogger logger, int batches, string runId, string folder);

    [LoggerMessage(2035, LogLevel.Error, "The journal {Path} cannot be opened; its batches are not stored. Give this process the right to read and write it.")]
    public static partial void JournalNotOpened(this ILogger logger, Exception exception, string path);

    [LoggerMessage(2036, LogLevel.Error, "Batches of the journal in {Folder} cannot be stored; it is tried again until they are: {Failure}.")]
    public static partial void JournalNotStored(this ILogger logger, string failure, string folder);

    [LoggerMessage(2037, LogLevel.Error, "The store refuses a batch of run {RunId}: {Failure}. It was set aside in the journal's folder '{Folder}', the run is incomplete, and what follows is stored.")]
    public static partial void BatchRefused(this ILogger logger, string runId, string failure, string folder);

    [LoggerMessage(2038, LogLevel.Error, "A batch of run {RunId} that the store does not take is lost with its {Items} items: {Failure}; the journal's folder '{Folder}' is full. Look at what is in it and remove it.")]
    public static partial void BatchNotKept(this ILogger logger, string runId, int items, string failure, string folder);
}
