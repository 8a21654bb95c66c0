using System.Diagnostics;
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests.Storage;

public sealed class CrashTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-crash-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_killed_process_loses_no_acknowledged_point_and_doubles_none()
    {
        long acknowledged = 0;
        for (int kill = 1; kill <= 5; kill++)
        {
            acknowledged = await RunUntilKilledAsync(acknowledged, batches: 50 * kill);
        }

        await using SqliteDatabase database = CrashWriter.Open(_folder);
        using Tracker tracker = OpenTracker(database);
        RunRecord run = (await tracker.ListRunsAsync("crash")).Runs.Single();
        IReadOnlyList<MetricPoint> history = await tracker.GetMetricHistoryAsync(run.Id, "step");
        Assert.Multiple(() =>
        {
            Assert.That(history, Has.Count.AtLeast(acknowledged).And.Count.EqualTo(run.Metrics["step"].Count));
            Assert.That(history.Count % CrashWriter.PointsPerBatch, Is.Zero, "a batch is stored whole");
            Assert.That(history.Select(point => (long)point.Value), Is.EqualTo(Enumerable.Range(0, history.Count).Select(i => (long)i)));
        });
    }

    [Test]
    public async Task A_purge_that_is_killed_again_and_again_leaves_no_row_of_what_it_removed_and_every_row_of_the_rest()
    {
        const int Runs = 60;
        await using (SqliteDatabase database = CrashWriter.Open(_folder))
        {
            using Tracker tracker = OpenTracker(database);
            for (int i = 0; i < Runs; i++)
            {
                RunRecord run = await tracker.CreateRunAsync(i % 3 == 0 ? "kept" : "gone");
                await tracker.LogAsync(run.Id, new()
                {
                    Tags = Enumerable.Range(0, 1_200).ToDictionary(static tag => $"t{tag}", static _ => "v"),
                    Metrics = [new Metric("m", i)],
                    Datasets = [new DatasetInput("d", "1")],
                });
            }

            await tracker.DeleteExperimentAsync("gone");
        }

        for (int kill = 0; kill < 3; kill++)
        {
            using Process process = Start(CrashPurger.Verb);
            for (int removed = 0; removed < 5; removed++)
            {
                Assert.That(await ReadAsync(process), Is.EqualTo(1));
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        await using (SqliteDatabase database = CrashWriter.Open(_folder))
        {
            using Tracker tracker = OpenTracker(database);
            Assert.That(await tracker.PurgeAsync(TimeSpan.Zero), Is.InRange(1, 25));
            Assert.That(await tracker.FindExperimentAsync("gone"), Is.Null);
            Assert.That(await tracker.CountRunsAsync("kept"), Is.EqualTo(Runs / 3));
            List<(long Runs, long Tags, long Blocks, long Inputs)> left = await database.QueryAsync(
                "SELECT (SELECT COUNT(*) FROM tracking_run), (SELECT COUNT(*) FROM tracking_tag), (SELECT COUNT(*) FROM tracking_block), (SELECT COUNT(*) FROM tracking_input)",
                static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), CancellationToken.None);
            Assert.That(left[0], Is.EqualTo((Runs / 3L, Runs / 3L * 1_200, Runs / 3L, Runs / 3L)));
        }
    }

    private Tracker OpenTracker(SqliteDatabase database) => new(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(_folder, "artifacts"))));

    private Process Start(string verb) => Process.Start(
        new ProcessStartInfo("dotnet", ["exec", typeof(CrashTests).Assembly.Location, verb, _folder]) { RedirectStandardOutput = true })!;

    /// <summary>Kills the process after so many acknowledgements and returns the last one that reached us.</summary>
    private async Task<long> RunUntilKilledAsync(long acknowledged, int batches)
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

    private static async Task<long?> ReadAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync() is { Length: > 0 } line ? long.Parse(line, CultureInfo.InvariantCulture) : null;
}
