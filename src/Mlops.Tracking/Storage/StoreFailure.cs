using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What the exception of a store says of the batch that it was given.</summary>
internal static class StoreFailure
{
    /// <summary>
    /// It is the batch, or the run that it is of: the store would refuse it again. Of databases these are the classes "data exception" and
    /// "integrity constraint violation", and stored metrics that cannot be read.
    /// </summary>
    public static bool IsRefusal(Exception exception) =>
        exception is BatchRefusedException or ArgumentException or DamagedMetricsException or StorageException { IsTransient: false, InnerException: DbException { SqlState: ['2', '2' or '3', ..] } };

    /// <summary>There is no such run to write to.</summary>
    public static bool IsUnknownRun(Exception exception) => exception is RunNotFoundException or RunDeletedException;

    /// <summary>
    /// The types of a failure and of its causes with their statuses, for logs. No message: a server's quotes what it was sent, which is a
    /// caller's and may be secret.
    /// </summary>
    public static string Describe(Exception exception)
    {
        List<string> causes = [];
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            string type = cause.GetType().Name;
            causes.Add(StatusOf(cause) is { Length: > 0 } status ? $"{type} {status}" : type);
        }

        return string.Join(" < ", causes);
    }

    private static string? StatusOf(Exception exception) => exception switch
    {
        BatchRefusedException refused => refused.Status,
        StorageException { OutcomeUnknown: true } => "(outcome unknown)",
        StorageException { IsTransient: true } => "(transient)",
        DbException database => database.SqlState ?? database.ErrorCode.ToString(CultureInfo.InvariantCulture),
        HttpRequestException { StatusCode: { } status } => ((int)status).ToString(CultureInfo.InvariantCulture),
        SocketException socket => socket.SocketErrorCode.ToString(),
        _ => null,
    };
}
