using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>The process that the crash test kills: logs batches and says after each acknowledgement how far it got.</summary>
internal static class CrashWriter
{
    public const string Verb = "crash-writer";
    public const int PointsPerBatch = 20;

    public static async Task RunAsync(string folder)
    {
        await using SqliteDatabase database = Open(folder);
        using Tracker tracker = new(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(folder, "artifacts"))));
        await using Run run = await tracker.StartRunAsync("crash", new() { IdempotencyKey = "crash" });
        RunRecord before = await tracker.GetRunAsync(run.Id);
        long step = before.Metrics.TryGetValue("step", out MetricSummary? summary) ? summary.Count : 0;
        while (true)
        {
            Metric[] batch = [.. Enumerable.Range(0, PointsPerBatch).Select(i => new Metric("step", step + i, step + i))];
            await run.LogMetricsAsync(batch);
            step += PointsPerBatch;
            Console.Out.WriteLine(step.ToString(CultureInfo.InvariantCulture));
            await Console.Out.FlushAsync();
        }
    }

    public static SqliteDatabase Open(string folder) => new($"Data Source={Path.Combine(folder, "crash.db")}");
}
