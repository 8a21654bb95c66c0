using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;

namespace Mlops.Tracking.Tests.Journal;

/// <summary>The process that is killed with a journal: starts a run, waits to be told that the server is down, logs and says how far it got.</summary>
internal static class JournalWorker
{
    public const string Verb = "journal-worker";

    public static async Task RunAsync(string connectionString, string folder)
    {
        await using PostgreSqlDatabase database = new(connectionString);
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(folder + "-artifacts"));
        using Tracker tracker = new(database, artifacts, new TrackingOptions { JournalFolder = folder });
        await using Run run = await tracker.StartRunAsync("e");
        await Console.Out.WriteLineAsync(run.Id);
        await Console.Out.FlushAsync();
        await Console.In.ReadLineAsync();
        for (int step = 0; ; step += 5)
        {
            await run.LogMetricsAsync([.. Enumerable.Range(step, 5).Select(static i => new Metric("m", i, i))]);
            await Console.Out.WriteLineAsync((step + 5).ToString(CultureInfo.InvariantCulture));
            await Console.Out.FlushAsync();
        }
    }
}
