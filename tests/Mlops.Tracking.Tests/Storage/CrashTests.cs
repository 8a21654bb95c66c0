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
        using Tracker tracker = new(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(_folder, "artifacts"))));
        RunRecord run = (await tracker.ListRunsAsync("crash")).Runs.Single();
        IReadOnlyList<MetricPoint> history = await tracker.GetMetricHistoryAsync(run.Id, "step");
        Assert.Multiple(() =>
        {
            Assert.That(history, Has.Count.AtLeast(acknowledged).And.Count.EqualTo(run.Metrics["step"].Count));
            Assert.That(history.Count % CrashWriter.PointsPerBatch, Is.Zero, "a batch is stored whole");
            Assert.That(history.Select(point => (long)point.Value), Is.EqualTo(Enumerable.Range(0, history.Count).Select(i => (long)i)));
        });
    }

    /// <summary>Kills the process after so many acknowledgements and returns the last one that reached us.</summary>
    private async Task<long> RunUntilKilledAsync(long acknowledged, int batches)
    {
        string assembly = typeof(CrashTests).Assembly.Location;
        using Process process = Process.Start(new ProcessStartInfo("dotnet", ["exec", assembly, CrashWriter.Verb, _folder]) { RedirectStandardOutput = true })!;
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
