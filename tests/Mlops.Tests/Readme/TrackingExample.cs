// readme: begin
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// readme: end

namespace Mlops.Tests.Readme.Tracking;

/// <summary>The first example of Mlops.Tracking.</summary>
[TestFixture]
public sealed class TrackingExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
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
        Console.WriteLine($"lambda {winner.Parameters["lambda"]}: mae {winner.Metrics["mae"].Value:F3} after {winner.Metrics["mae"].Count} epochs, {winner.Status}");
        foreach (MetricPoint point in await tracker.GetMetricHistoryAsync(winner.Id, "mae"))
            Console.WriteLine($"  epoch {point.Step}: {point.Value:F3}");
        // readme: end

        AssertShownIn("src/Mlops.Tracking/README.md");
    }
}
