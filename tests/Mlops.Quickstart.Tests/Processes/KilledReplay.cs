using Microsoft.Data.Sqlite;

namespace Quickstart.Tests;

/// <summary>A replay that is killed again and again, at moments spread over its work, until it may end.</summary>
internal static class KilledReplay
{
    /// <summary>Units of work of a whole run on a file with this many replayed days.</summary>
    public static int WorkOf(int days) => Preparation.Trials + days;

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
            ExpireLeases(folder);
        }

        await QuickstartProcess.ReplayAsync(data, folder);
        return places;
    }

    /// <summary>The next start need not wait for what the dead process held.</summary>
    private static void ExpireLeases(string folder)
    {
        string file = Path.Combine(folder, "mlops.db");
        if (!File.Exists(file))
            return;
        try
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText =
                $"""
                UPDATE mlops_lease SET until = 1 WHERE until > 0 AND (name = '{SingleReplay.LeaseName}' OR name LIKE 'orchestration/worker/%');
                UPDATE tuning_trial SET lease_until = 1 WHERE state = 1 AND lease_until > 0
                """;
            command.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // Killed before it had tables.
        }
    }
}
