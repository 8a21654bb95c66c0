using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>The process that the crash test kills: purges run by run and says after each how many it removed.</summary>
internal static class CrashPurger
{
    public const string Verb = "crash-purger";

    public static async Task RunAsync(string folder)
    {
        await using SqliteDatabase database = CrashWriter.Open(folder);
        using Tracker tracker = new(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(folder, "artifacts"))));
        while (await tracker.PurgeAsync(TimeSpan.Zero, 1) is var removed and > 0)
        {
            Console.Out.WriteLine(removed.ToString(CultureInfo.InvariantCulture));
            await Console.Out.FlushAsync();
        }
    }
}
