namespace Quickstart.Tests;

/// <summary>A replay that is killed again and again, at moments spread over its work, until it may end.</summary>
internal static class KilledReplay
{
    /// <returns>Where it was killed, in units of <see cref="ReplayCursor"/>.</returns>
    public static async Task<IReadOnlyList<int>> RunAsync(string data, string folder, int work, int kills, Random random)
    {
        // One moment in each of as many equal parts; the last days are left out, where the process could be faster than the kill.
        double part = 0.9 * work / kills;
        List<int> places = [];
        for (int kill = 0; kill < kills; kill++)
        {
            int target = (int)((kill + random.NextDouble()) * part);
            using QuickstartProcess process = QuickstartProcess.Start("--data", data, "--output", folder);
            if (!await process.ReachesAsync(folder, target))
                Assert.Fail($"The replay ended before kill {kill + 1} at {target} of {work}: {await process.WaitAsync()}");
            await Task.Delay(random.Next(0, 20));
            await process.KillAsync();
            places.Add(ReplayCursor.Read(folder));
        }

        await QuickstartProcess.ReplayAsync(data, folder);
        return places;
    }
}
