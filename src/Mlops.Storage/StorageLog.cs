using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <summary>Log messages; event ids 1000 to 1999.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(1001, LogLevel.Warning, "Renewing the lease {Lease} failed; it is tried again until it must be given up, after two thirds of {Duration}.")]
    public static partial void RenewalFailed(this ILogger logger, Exception exception, string lease, TimeSpan duration);

    [LoggerMessage(1002, LogLevel.Information, "The lease {Lease} is renewed again, after {Failures} failures.")]
    public static partial void RenewalRecovered(this ILogger logger, string lease, int failures);

    [LoggerMessage(1003, LogLevel.Warning, "Reading the outbox for {Receiver} failed; it is tried again.")]
    public static partial void OutboxFailed(this ILogger logger, Exception exception, string receiver);

    [LoggerMessage(1004, LogLevel.Warning, "The outbox's receiver {Receiver} did not take message {Id} of {Topic}; it is sent again, after growing waits, until it is a day old.")]
    public static partial void ReceiverFailed(this ILogger logger, Exception exception, string receiver, string topic, string id);

    [LoggerMessage(1005, LogLevel.Error, "Message {Id} of {Topic} is given up: the outbox's receiver {Receiver} rejected it, or did not take it for a day.")]
    public static partial void MessageGivenUp(this ILogger logger, Exception exception, string receiver, string topic, string id);

    [LoggerMessage(1006, LogLevel.Information, "Collected {Artifacts} artifacts that nothing referred to, {Bytes} bytes.")]
    public static partial void ArtifactsCollected(this ILogger logger, int artifacts, long bytes);

    [LoggerMessage(1007, LogLevel.Warning, "Collecting artifacts failed; it is tried again after about {Interval}.")]
    public static partial void CollectionFailed(this ILogger logger, Exception exception, TimeSpan interval);

    [LoggerMessage(1008, LogLevel.Error, "A callback on the signal {Channel} threw.")]
    public static partial void SignalCallbackFailed(this ILogger logger, Exception exception, string channel);

    [LoggerMessage(1009, LogLevel.Warning, "{Count} messages to the outbox's receiver {Receiver} are given up: they are a week old, and no process has that receiver. If it is still wanted, register it in every process that makes changes.")]
    public static partial void MessagesUnserved(this ILogger logger, string receiver, int count);

    [LoggerMessage(1010, LogLevel.Warning, "Looking for messages of the outbox that nobody sends failed; it is tried again after an hour.")]
    public static partial void UnservedFailed(this ILogger logger, Exception exception);
}
