using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Log messages; event ids 2000 to 2999.</summary>
internal static partial class TrackingLog
{
    [LoggerMessage(2001, LogLevel.Warning,
        "Run {RunId} is incomplete: its buffer of {Capacity} items is full and what is logged now is dropped. Log less often, or await LogMetricsAsync.")]
    public static partial void BufferFull(this ILogger logger, string runId, int capacity);

    [LoggerMessage(2002, LogLevel.Error, "Writing {Items} items of run {RunId} failed; they are lost.")]
    public static partial void WriteFailed(this ILogger logger, Exception exception, string runId, int items);

    [LoggerMessage(2003, LogLevel.Warning, "Writing to run {RunId} failed and is repeated.")]
    public static partial void WriteRepeated(this ILogger logger, Exception exception, string runId);

    [LoggerMessage(2004, LogLevel.Error, "Ending run {RunId} as {Status} failed.")]
    public static partial void EndFailed(this ILogger logger, Exception exception, string runId, RunStatus status);

    [LoggerMessage(2005, LogLevel.Warning, "Packing the metrics of run {RunId} failed; they stay readable and the next write tries again.")]
    public static partial void PackingFailed(this ILogger logger, Exception exception, string runId);

    // Takes no exception: that one's message holds both values.
    [LoggerMessage(2006, LogLevel.Warning, "Parameter '{Key}' of run {RunId} was refused: it has another value, which stands.")]
    public static partial void ParameterRefused(this ILogger logger, string key, string runId);
}
