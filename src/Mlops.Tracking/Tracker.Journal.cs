using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class Tracker
{
    /// <summary>
    /// Stores what processes that died while the store was away have left in <see cref="TrackingOptions.JournalFolder"/>. A tracker
    /// does this by itself when it is created; call it to wait for it, or to learn why it could not.
    /// </summary>
    /// <returns>The batches that were stored.</returns>
    /// <exception cref="InvalidOperationException">The tracker has no journal.</exception>
    /// <exception cref="JournalCorruptException">A file is damaged in its middle; the others were replayed.</exception>
    /// <exception cref="IOException">A file cannot be opened or read; the others were replayed.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be opened; the others were replayed.</exception>
    /// <exception cref="StorageException">The store cannot be reached or written.</exception>
    public Task<long> ReplayJournalsAsync(CancellationToken cancellationToken = default) =>
        (_environment.Journal ?? throw new InvalidOperationException($"This tracker has no journal: {nameof(TrackingOptions)}.{nameof(TrackingOptions.JournalFolder)} is not set."))
        .ReplayLeftAsync(cancellationToken);

    private BatchJournal OpenJournal(Database database, TrackingOptions options, TrackingTelemetry telemetry, ILogger logger) => database.Dialect.Name == "sqlite"
        ? throw new ArgumentException(
            $"{nameof(TrackingOptions)}.{nameof(TrackingOptions.JournalFolder)} is set, and the database is a SQLite file: it cannot be away, and a journal beside it "
            + "would only be a second file on the same disk. Leave it null.", nameof(options))
        : new BatchJournal(_store, options, telemetry, logger);
}
