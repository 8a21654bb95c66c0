namespace Mlops.Storage;

/// <summary>One row per message and receiver, until that receiver has it. Nobody reads <c>claims</c>: counting up is the write that makes the claim durable.</summary>
internal static class OutboxSchema
{
    public static readonly MigrationSet Migrations = new("outbox",
    [
        new Migration(1, """
            CREATE TABLE outbox_message (
                message {identity},
                receiver {text} NOT NULL,
                topic {text} NOT NULL,
                id {text} NOT NULL,
                payload {blob} NOT NULL,
                created {int} NOT NULL,
                claims {int} NOT NULL
            ) {table};
            CREATE INDEX outbox_message_receiver ON outbox_message (receiver, message);
            """),
    ]);
}
