namespace Mlops.Storage;

/// <summary>Something that was committed and is told to a receiver outside the database.</summary>
/// <param name="Number">Its place among the messages of the database; larger is later.</param>
/// <param name="Topic">What it is about, for example <c>registry.alias.changed</c>.</param>
/// <param name="Id">The same whenever the message is sent again: the receiver's key against handling it twice.</param>
/// <param name="At">When it was written, UTC.</param>
/// <param name="Payload">UTF-8 text, usually JSON.</param>
public sealed record OutboxMessage(long Number, string Topic, string Id, DateTimeOffset At, ReadOnlyMemory<byte> Payload);
