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
        string assembly = typeof(CrashSuite).Assembly.Location;
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", ["exec", assembly, CrashWriter.Verb, EngineOf(_folder), _folder]) { UseShellExecute = false, RedirectStandardOutput = true })!;
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

    private static async Task<(long Step, long Loose)?> ReadAsync(Process process) =>
        (await process.StandardOutput.ReadLineAsync())?.Split(' ') is [var step, var loose]
            ? (long.Parse(step, CultureInfo.InvariantCulture), long.Parse(loose, CultureInfo.InvariantCulture))
            : null;
}
