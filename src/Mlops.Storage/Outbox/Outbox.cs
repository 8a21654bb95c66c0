using System.Text;

namespace Mlops.Storage;

/// <summary>
/// Messages that are committed together with what they tell of, and sent afterwards: none is sent of a change that was rolled back, none
/// is lost by a crash. A host sends them in the background; without one, run <see cref="OutboxRelay"/> yourself. Thread-safe.
/// </summary>
/// <remarks>
/// A message is addressed when it is written: every process that makes changes needs the same receivers, also where another one sends.
/// What was written to a receiver that no process has any more is given up after a week, counted and logged.
/// </remarks>
public sealed class Outbox
{
    /// <summary>The longest payload, in bytes of UTF-8.</summary>
    public const int MaximumPayloadBytes = 1 << 20;

    private const int MaximumNameLength = 128;

    private readonly TimeProvider _time;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An outbox for these receivers.</summary>
    /// <param name="database">Holds the messages.</param>
    /// <param name="receivers">Who hears of what is written from now on. Their names differ.</param>
    /// <param name="timeProvider">The clock of messages and their ages; null for the system's.</param>
    /// <exception cref="ArgumentException">Two receivers have the same name, or a name is empty or too long.</exception>
    public Outbox(Database database, IEnumerable<IOutboxReceiver> receivers, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(receivers);
        Database = database;
        Receivers = [.. receivers];
        _time = timeProvider ?? TimeProvider.System;
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (IOutboxReceiver receiver in Receivers)
        {
            if (receiver.Name.Length is 0 or > MaximumNameLength || !names.Add(receiver.Name))
            {
                throw new ArgumentException($"Outbox receivers have names of 1 to {MaximumNameLength} characters, each its own; got '{receiver.Name}'.", nameof(receivers));
            }
        }

        database.Require(OutboxSchema.Migrations);
    }

    internal Database Database { get; }

    internal IReadOnlyList<IOutboxReceiver> Receivers { get; }

    internal TimeProvider Time => _time;

    /// <summary>Whether anybody wants to hear of the topic; if not, <see cref="Add"/> does nothing.</summary>
    public bool IsHeard(string topic)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return Receivers.Any(receiver => receiver.Takes(topic));
    }

    /// <summary>
    /// Inside the write that makes the change: leaves a message for every receiver of the topic. Call <see cref="Signal"/> once that write
    /// has returned.
    /// </summary>
    /// <param name="session">The write's session.</param>
    /// <param name="topic">What it is about.</param>
    /// <param name="id">Names the message to its receivers; the same change repeated should give the same one.</param>
    /// <param name="payload">At most <see cref="MaximumPayloadBytes"/>.</param>
    /// <exception cref="ArgumentException">The payload is larger.</exception>
    public void Add(SqlSession session, string topic, string id, string payload)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(payload);
        byte[]? bytes = null;
        foreach (IOutboxReceiver receiver in Receivers.Where(receiver => receiver.Takes(topic)))
        {
            bytes ??= Encode(payload);
            session.Execute(
                """
                INSERT INTO outbox_message (receiver, topic, id, payload, created, claims)
                VALUES (@receiver, @topic, @id, @payload, @created, 0)
                """,
                ("@receiver", receiver.Name), ("@topic", topic), ("@id", id), ("@payload", bytes), ("@created", UnixMicroseconds.From(_time.GetUtcNow())));
        }
    }

    /// <summary>Makes the relay of this process look at once; others look within a second.</summary>
    public void Signal() => Interlocked.Exchange(ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Completes at the next signal. Taken before looking, so that no signal is missed.</summary>
    internal Task NextSignal => Volatile.Read(ref _news).Task;

    private static byte[] Encode(string payload)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        return bytes.Length <= MaximumPayloadBytes
            ? bytes
            : throw new ArgumentException($"An outbox message has at most {MaximumPayloadBytes} bytes, got {bytes.Length}.", nameof(payload));
    }
}
