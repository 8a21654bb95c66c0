using Microsoft.Extensions.Logging;

namespace Mlops.Storage.PostgreSql;

/// <summary>Log messages; event ids 1020 to 1029 of those of storage.</summary>
internal static partial class PostgreSqlLog
{
    [LoggerMessage(1020, LogLevel.Warning, "Listening for the signals of other processes failed; until it is back, changes are noticed by polling alone.")]
    public static partial void ListeningFailed(this ILogger logger, Exception exception);

    [LoggerMessage(1021, LogLevel.Information, "Signals of other processes are heard again.")]
    public static partial void ListeningRecovered(this ILogger logger);

    [LoggerMessage(1022, LogLevel.Warning, "Telling other processes of a change failed; they notice it by polling.")]
    public static partial void SignallingFailed(this ILogger logger, Exception exception);
}
