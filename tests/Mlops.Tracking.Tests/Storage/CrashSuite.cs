using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>Kills a process that logs, again and again, and then looks at what it has left.</summary>
public abstract class CrashSuite
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-crash-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public Task A_killed_process_loses_no_acknowledged_point_doubles_none_and_leaves_an_orphan() => KillAsync(kills: 5);

    [Test]
    public async Task A_purge_that_is_killed_again_and_again_leaves_no_row_of_what_it_removed_and_every_row_of_the_rest()
    {
        const int Runs = 60;
        await using Database database = CrashWriter.Open(EngineOf(_folder));
        using Tracker tracker = CrashWriter.Open(database, _folder);
        for (int i = 0; i < Runs; i++)
        {
            RunRecord run = await tracker.CreateRunAsync(i % 3 == 0 ? "kept" : "gone");
            await tracker.LogAsync(run.Id, new()
            {
                Metrics = [.. Enumerable.Range(0, 1_200).Select(key => new Metric($"m{key}", i))],
                Tags = new Dictionary<string, string> { ["t"] = "v" },
                Datasets = [new DatasetInput("d", "1")],
            });
        }

        await tracker.DeleteExperimentAsync("gone");
        for (int kill = 0; kill < 3; kill++)
        {
            using Process process = Start(CrashPurger.Verb);
            for (int removed = 0; removed < 5; removed++)
            {
                Assert.That(await process.StandardOutput.ReadLineAsync(), Is.EqualTo("1"));
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        await tracker.PurgeAsync(TimeSpan.Zero);
        Assert.That(await tracker.FindExperimentAsync("gone"), Is.Null);
        Assert.That(await tracker.CountRunsAsync("kept"), Is.EqualTo(Runs / 3));
        List<(long Runs, long Series, long Blocks, long Tags, long Inputs)> left = await database.QueryAsync(
            """
            SELECT (SELECT COUNT(*) FROM tracking_run), (SELECT COUNT(*) FROM tracking_series), (SELECT COUNT(*) FROM tracking_block),
                (SELECT COUNT(*) FROM tracking_tag), (SELECT COUNT(*) FROM tracking_input)
            """,
            static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), CancellationToken.None);
        Assert.That(left[0], Is.EqualTo((Runs / 3L, Runs / 3L * 1_200, Runs / 3L, Runs / 3L, Runs / 3L)));
    }

    [Test]
    [Explicit("Takes a minute.")]
    [Category("Long")]
    public Task However_often_it_is_killed() => KillAsync(kills: 60);

    /// <summary>What the writer opens as well.</summary>
    protected abstract string EngineOf(string folder);

    private async Task KillAsync(int kills)
    {
        var random = new Random(7);
        (long Step, long Loose) acknowledged = default;
        for (int kill = 0; kill < kills; kill++)
        {
            acknowledged = await RunUntilKilledAsync(acknowledged, batches: random.Next(1, 150));
        }

        var clock = new SettableClock();
        clock.Set((DateTimeOffset.UtcNow.AddMinutes(5) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        await using Database database = CrashWriter.Open(EngineOf(_folder));
        using Tracker tracker = CrashWriter.Open(database, _folder, clock);
        RunRecord run = (await tracker.ListRunsAsync("crash")).Runs.Single();
        await HasAllAsync(tracker, run, "step", acknowledged.Step);
        await HasAllAsync(tracker, run, "loose", acknowledged.Loose);
        Assert.That(run.Metrics["step"].Count % CrashWriter.PointsPerBatch, Is.Zero, "a batch is stored whole");

        Assert.That(run.Status, Is.EqualTo(RunStatus.Running));
        while (await tracker.LookAsync() is null)
        {
            clock.Advance(TimeSpan.FromSeconds(20));
        }

        run = await tracker.GetRunAsync(run.Id);
        Assert.That((run.Status, run.IsLost), Is.EqualTo((RunStatus.Killed, true)));
    }

    private static async Task HasAllAsync(Tracker tracker, RunRecord run, string key, long acknowledged)
    {
        IReadOnlyList<MetricPoint> history = await tracker.GetMetricHistoryAsync(run.Id, key);
        Assert.That(history, Has.Count.AtLeast(acknowledged).And.Count.EqualTo(run.Metrics[key].Count), key);
        Assert.That(history.Select(static point => (long)point.Value), Is.EqualTo(Enumerable.Range(0, history.Count).Select(static i => (long)i)), key);
    }

    /// <summary>Kills the process after so many acknowledgements and returns the last one that reached us.</summary>
    private async Task<(long Step, long Loose)> RunUntilKilledAsync((long Step, long Loose) acknowledged, int batches)
    {
        using Process process = Start(CrashWriter.Verb);
        for (int i = 0; i < batches; i++)
        {
            acknowledged = await ReadAsync(process) ?? throw new AssertionException("The writing process ended by itself.");
        }

        process.Kill();
        await process.WaitForExitAsync();
        while (await ReadAsync(process) is { } late)
        {
            acknowledged = late;
        }

        return acknowledged;
    }

    private Process Start(string verb) => Process.Start(
        new ProcessStartInfo("dotnet", ["exec", typeof(CrashSuite).Assembly.Location, verb, EngineOf(_folder), _folder]) { UseShellExecute = false, RedirectStandardOutput = true })!;

    private static async Task<(long Step, long Loose)?> ReadAsync(Process process) =>
        (await process.StandardOutput.ReadLineAsync())?.Split(' ') is [var step, var loose]
            ? (long.Parse(step, CultureInfo.InvariantCulture), long.Parse(loose, CultureInfo.InvariantCulture))
            : null;
}
