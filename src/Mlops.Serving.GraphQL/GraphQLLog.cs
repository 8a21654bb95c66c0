using Microsoft.Extensions.Logging;

namespace Mlops.Serving.GraphQL;

/// <summary>Log messages; event ids 9500 to 9599. They name the field, never what a client sent.</summary>
internal static partial class GraphQLLog
{
    [LoggerMessage(9500, LogLevel.Error, "Resolving the field {Field} failed; the client was told of an internal error")]
    public static partial void FieldFailed(this ILogger logger, Exception exception, string field);
}
