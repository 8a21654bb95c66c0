using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Quickstart.Tests;

/// <summary>A replay that was killed or stopped ends with the bytes of one that was not.</summary>
[CancelAfter(240_000)]
[Parallelizable(ParallelScope.All)]
public sealed class CrashTests
{
    private const int Interrupted = 130;

    private static readonly int Work = KilledReplay.WorkOf(ShortData.Later.DayNumber - ShortData.Resumes.DayNumber + 1);

    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Killed_three_times_it_ends_with_the_same_bytes()
    {
        string folder = _folder.PathTo("killed");
        int seed = TestContext.CurrentContext.Random.Next();

        IReadOnlyList<int> places = await KilledReplay.RunAsync(ShortRuns.LaterData, folder, Work, 3, new Random(seed));

        string where = $"seed {seed}, killed at {string.Join(", ", places)} of {Work}";
        TestContext.Out.WriteLine(where);
        Assert.That(ShortRuns.ResultOf(folder), Is.EqualTo(ShortRuns.ResultOf(await ShortRuns.LaterAsync())), where);
    }

    [Test]
    [Platform(Include = "Linux,MacOsX")]
    public async Task Stopped_by_Ctrl_C_it_says_so_and_goes_on_at_the_next_start()
    {
        string folder = _folder.PathTo("stopped");
        foreach (int target in (int[])[Preparation.Trials / 3, Preparation.Trials + 60])
        {
            using QuickstartProcess process = QuickstartProcess.Start("--data", ShortRuns.LaterData, "--output", folder);
            Assert.That(await process.ReachesAsync(folder, target), Is.True, "it ended before it was stopped");
            process.Interrupt();
            QuickstartOutcome outcome = await process.WaitAsync();

            Assert.That(outcome.ExitCode, Is.EqualTo(Interrupted), outcome.ToString());
            Assert.That(outcome.Output.TrimEnd(), Does.EndWith("Stopped. The same command goes on from here."));
            Assert.That(outcome.Error, Is.Empty);
            Assert.That(ReplayCursor.Read(folder), Is.InRange(target, Work - 1));
            Assert.That(HeldLeases(folder), Is.Empty, "a lease that the next start has to wait for");
            Assert.That(Directory.EnumerateFiles(folder, "re*.*"), Is.Empty, "result or report of half a replay");
        }

        await QuickstartProcess.ReplayAsync(ShortRuns.LaterData, folder);

        Assert.That(ShortRuns.ResultOf(folder), Is.EqualTo(ShortRuns.ResultOf(await ShortRuns.LaterAsync())));
    }

    [Test]
    [CancelAfter(1_800_000)]
    [Explicit("Replays all years twice, with twenty restarts")]
    [Category("Long")]
    public async Task Killed_twenty_times_over_all_years_it_ends_with_the_same_bytes()
    {
        string calm = _folder.PathTo("all"), killed = _folder.PathTo("all-killed");
        int work = KilledReplay.WorkOf(File.ReadLines(ShortData.Full).Skip(1).Count(static line => string.CompareOrdinal(line, "2004") >= 0));
        int seed = TestContext.CurrentContext.Random.Next();

        await QuickstartProcess.ReplayAsync(ShortData.Full, calm);
        IReadOnlyList<int> places = await KilledReplay.RunAsync(ShortData.Full, killed, work, 20, new Random(seed));

        string where = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, killed at {string.Join(", ", places)} of {work}");
        TestContext.Out.WriteLine(where);
        Assert.That(ShortRuns.ResultOf(killed), Is.EqualTo(ShortRuns.ResultOf(calm)), where);
    }

    /// <summary>Names of leases that were not given back, those that trials hold included.</summary>
    private static List<string> HeldLeases(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "mlops.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM mlops_lease WHERE until > 0";
        using SqliteDataReader reader = command.ExecuteReader();
        List<string> names = [];
        while (reader.Read())
            names.Add(reader.GetString(0));
        return names;
    }
}
