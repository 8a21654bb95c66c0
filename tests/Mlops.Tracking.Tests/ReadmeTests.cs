using System.Text;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests;

public sealed class ReadmeTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-readme-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_example_prints_what_it_shows()
    {
        var printed = new StringBuilder();
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "mlops.db")}");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        using var tracker = new Tracker(database, artifacts);

        foreach (double lambda in (double[])[0.1, 1.0])
        {
            await tracker.TrackAsync("ridership", async (run, ct) =>
            {
                run.LogParameter("lambda", lambda);
                for (int epoch = 1; epoch <= 3; epoch++)
                    run.LogMetric("mae", lambda + 1.0 / epoch, step: epoch);
                await run.LogArtifactAsync("notes.txt", new MemoryStream("weights"u8.ToArray()), ct);
            });
        }

        RunPage best = await tracker.ListRunsAsync("ridership", new() { Order = RunOrder.ByMetric("mae"), Take = 1 });
        RunRecord winner = best.Runs[0];
        printed.Append($"lambda {winner.Parameters["lambda"]}: mae {winner.Metrics["mae"].Value:F3} after {winner.Metrics["mae"].Count} epochs, {winner.Status}\n");
        foreach (MetricPoint point in await tracker.GetMetricHistoryAsync(winner.Id, "mae"))
            printed.Append($"  epoch {point.Step}: {point.Value:F3}\n");

        Assert.That(printed.ToString(), Is.EqualTo("lambda 0.1: mae 0.433 after 3 epochs, Finished\n  epoch 1: 1.100\n  epoch 2: 0.600\n  epoch 3: 0.433\n"));
    }
}
