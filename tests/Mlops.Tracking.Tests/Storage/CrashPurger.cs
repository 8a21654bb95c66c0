using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>The process that the crash test kills: purges run by run and says after each how many it removed.</summary>
internal static class CrashPurger
{
    public const string Verb = "crash-purger";

    public static async Task RunAsync(string engine, string folder)
    {
        await using Database database = CrashWriter.Open(engine);
        using Tracker tracker = CrashWriter.Open(database, folder);
        while (await tracker.PurgeAsync(TimeSpan.Zero, 1) is var removed and > 0)
        {
            Console.Out.WriteLine(removed.ToString(CultureInfo.InvariantCulture));
            await Console.Out.FlushAsync();
        }
    }
}
