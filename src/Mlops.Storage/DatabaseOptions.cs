namespace Mlops.Storage;

/// <summary>How the family writes to its database. Section <c>Mlops:Storage</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>Writes that may wait for a writer before callers wait in turn. 1 to 1 000 000, default 8 192.</summary>
    public int QueueCapacity { get; set; } = 8_192;

    /// <summary>How long a write waits for other processes that hold the database. 10 ms to 10 min, default 30 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether missing migrations are applied when the database is opened (default). When false, opening a database that lacks
    /// one fails; print the script with <see cref="Database.MigrationsToSql"/> and apply it by hand.
    /// </summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>
    /// Whether changes are signalled to the other processes of the database, where the engine can (PostgreSQL: one connection that listens, once
    /// something waits for signals). Default true. Set it to false behind a pooler that does not pass LISTEN on; what waits for a signal polls anyway.
    /// </summary>
    public bool SignalProcesses { get; set; } = true;

    /// <summary>
    /// How long the receivers of the outbox wait for another process when the one that sends to them dies: at most this and a third of it. Renewed every
    /// third while the process lives. 1 s to 10 min, default 30 s.
    /// </summary>
    public TimeSpan OutboxLeaseDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long this process counts as alive without a sign of it; tests shorten it.</summary>
    internal TimeSpan PresenceDuration { get; set; } = TimeSpan.FromMinutes(1);
}
