using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Storage;

/// <summary>
/// The meter <c>Mlops.Storage</c>. It is shared by all databases of the process, which also exist without a container.
/// </summary>
internal static class StorageInstruments
{
    /// <summary>The receiver refused the message.</summary>
    public const string Rejected = "rejected";

    /// <summary>The receiver did not take the message for a day.</summary>
    public const string TooOld = "too_old";

    /// <summary>No process has had the receiver for a week.</summary>
    public const string Unserved = "unserved";

    private const string ReceiverTag = "mlops.outbox.receiver";
    private const string ReasonTag = "mlops.outbox.reason";

    private static readonly Meter Meter = new("Mlops.Storage");

    private static readonly Histogram<double> CommitDuration = Meter.CreateHistogram<double>(
        "mlops.storage.commit.duration", "s", "Time from BEGIN to the acknowledged COMMIT of one group.");

    private static readonly Histogram<long> CommitItems = Meter.CreateHistogram<long>(
        "mlops.storage.commit.items", "{item}", "Writes that shared one commit.");

    private static readonly Counter<long> CollectedArtifacts = Meter.CreateCounter<long>(
        "mlops.storage.artifacts.collected", "{artifact}", "Artifacts that garbage collection removed.");

    private static readonly Counter<long> CollectedBytes = Meter.CreateCounter<long>(
        "mlops.storage.artifacts.collected_size", "By", "Bytes that garbage collection removed.");

    private static readonly Counter<long> SentMessages = Meter.CreateCounter<long>(
        "mlops.storage.outbox.sent", "{message}", "Messages of the outbox that their receiver took.");

    private static readonly Counter<long> GivenUpMessages = Meter.CreateCounter<long>(
        "mlops.storage.outbox.given_up", "{message}", "Messages of the outbox that their receiver will never have.");

    public static void RecordSent(string receiver) => SentMessages.Add(1, new KeyValuePair<string, object?>(ReceiverTag, receiver));

    public static void RecordGivenUp(string receiver, string reason, int messages) =>
        GivenUpMessages.Add(messages, new(ReceiverTag, receiver), new(ReasonTag, reason));

    public static void RecordCollection(ArtifactCollection collected)
    {
        CollectedArtifacts.Add(collected.Artifacts);
        CollectedBytes.Add(collected.Bytes);
    }

    public static void RecordCommit(string engine, Durability level, int items, TimeSpan duration)
    {
        if (!CommitDuration.Enabled && !CommitItems.Enabled)
        {
            return;
        }

        var tags = new TagList
        {
            { "db.system.name", engine },
            { "mlops.storage.durability", level == Durability.Power ? "power" : "process" },
        };
        CommitDuration.Record(duration.TotalSeconds, tags);
        CommitItems.Record(items, tags);
    }
}
