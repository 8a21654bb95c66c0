using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>
/// The process that the crash test kills: logs batches and single points, and says after each acknowledgement how far it got. The line is
/// whole or absent as long as it fits into the pipe's buffer.
/// </summary>
internal static class CrashWriter
{
    public const string Verb = "crash-writer";
    public const int PointsPerBatch = 20;

    public static async Task RunAsync(string engine, string folder)
    {
        await using Database database = Open(engine);
        using Tracker tracker = Open(database, folder);
        await using Run run = await tracker.StartRunAsync("crash", new() { IdempotencyKey = "crash" });
        RunRecord before = await tracker.GetRunAsync(run.Id);
        long step = CountOf(before, "step");
        long loose = CountOf(before, "loose");
        while (true)
        {
            for (int i = 0; i < 3; i++)
            {
                run.LogMetric("loose", loose, loose);
                loose++;
            }

            // What came before is acknowledged with it.
            await run.LogMetricsAsync([.. Enumerable.Range(0, PointsPerBatch).Select(i => new Metric("step", step + i, step + i))]);
            step += PointsPerBatch;
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step} {loose}"));
            await Console.Out.FlushAsync();
        }
    }

    /// <param name="engine">A connection string of PostgreSQL, or a file of SQLite.</param>
    public static Database Open(string engine) =>
        engine.Contains('=', StringComparison.Ordinal) ? new PostgreSqlDatabase(engine) : new SqliteDatabase($"Data Source={engine}");

    public static Tracker Open(Database database, string folder, ILeaseClock? clock = null) => new(
        database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(folder, "artifacts"))), new TrackingOptions(), TimeProvider.System,
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, meters: null, clock);

    private static long CountOf(RunRecord run, string key) => run.Metrics.TryGetValue(key, out MetricSummary? summary) ? summary.Count : 0;
}
