using Microsoft.Extensions.Logging;

namespace Mlops.Mlflow;

/// <summary>Log messages; event ids 8000 to 8999. They name the route, never what a client sent.</summary>
internal static partial class MlflowLog
{
    [LoggerMessage(8001, LogLevel.Error, "Answering {Method} {Route} failed; the client was told of an internal error, unless it had gone or had the beginning of an answer, which was broken off.")]
    public static partial void CallFailed(this ILogger logger, Exception exception, string method, string route);

    [LoggerMessage(8002, LogLevel.Warning, "Answering {Method} {Route} was not possible for now; the client was told to try again, unless it had gone or had the beginning of an answer, which was broken off.")]
    public static partial void CallPostponed(this ILogger logger, Exception exception, string method, string route);
}
