using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Storage;

/// <summary>
/// The meter <c>Mlops.Storage</c>. It is shared by all databases of the process, which also exist without a container.
/// </summary>
internal static class StorageInstruments
{
    private static readonly Meter Meter = new("Mlops.Storage");

    private static readonly Histogram<double> CommitDuration = Meter.CreateHistogram<double>(
        "mlops.storage.commit.duration", "s", "Time from BEGIN to the acknowledged COMMIT of one group.");

    private static readonly Histogram<long> CommitItems = Meter.CreateHistogram<long>(
        "mlops.storage.commit.items", "{item}", "Writes that shared one commit.");

    private static readonly Counter<long> CollectedArtifacts = Meter.CreateCounter<long>(
        "mlops.storage.artifacts.collected", "{artifact}", "Artifacts that garbage collection removed.");

    private static readonly Counter<long> CollectedBytes = Meter.CreateCounter<long>(
        "mlops.storage.artifacts.collected_size", "By", "Bytes that garbage collection removed.");

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
