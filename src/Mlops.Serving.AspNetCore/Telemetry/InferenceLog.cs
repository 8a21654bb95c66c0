using Microsoft.Extensions.Logging;

namespace Mlops.Serving.AspNetCore;

/// <summary>Log messages; event ids 9000 to 9499. They name the route, never what a client sent.</summary>
internal static partial class InferenceLog
{
    [LoggerMessage(9000, LogLevel.Error, "Answering {Route} failed; the client was told of an internal error")]
    public static partial void CallFailed(this ILogger logger, Exception exception, string route);
}
