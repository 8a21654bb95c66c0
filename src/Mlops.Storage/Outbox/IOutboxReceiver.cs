namespace Mlops.Storage;

/// <summary>
/// Somebody outside the database who hears of what was committed: at least once, in the order of the messages, one at a time among all
/// processes. Thread-safe.
/// </summary>
public interface IOutboxReceiver
{
    /// <summary>1 to 128 characters; stays the same over restarts, because what it has not heard yet is kept under it.</summary>
    string Name { get; }

    /// <summary>Whether it wants to hear of a topic. Asked when a message is written.</summary>
    bool Takes(string topic);

    /// <summary>
    /// Passes the message on. Any exception but <see cref="OutboxRejectedException"/> means that it is tried again, after growing waits
    /// up to five minutes, until it is a day old. A message that waited longer for a process that serves the receiver is tried once.
    /// </summary>
    /// <exception cref="OutboxRejectedException">The message will never be taken; the next one follows.</exception>
    /// <exception cref="OutboxDeferredException">Not now: it is tried again after the wait that the receiver asks for, if that is the longer one.</exception>
    Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default);
}
