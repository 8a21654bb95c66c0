// given: begin
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// given: end

namespace Mlops.Tests.Readme.TrackingCompare;

/// <summary>Comparing runs and taking them elsewhere.</summary>
[TestFixture]
public sealed class TrackingCompareExample : ReadmeExample
{
    [Test]
    public async Task Runs_are_compared_and_exported()
    {
        // given: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
        List<string> ids = [];
        foreach (string model in (string[])["ridge", "tree"])
        {
            await using Run logged = await tracker.StartRunAsync("ridership");
            ids.Add(logged.Id);
            logged.LogParameter("model", model);
            logged.LogMetric("mae", 0.4, step: 1);
            logged.LogMetric("mae", 0.3, step: 2);
            logged.Complete();
        }

        string first = ids[0], second = ids[1];
        // given: end

        // readme: begin
        RunComparison comparison = await tracker.CompareRunsAsync([first, second]);
        foreach (ComparedValue parameter in comparison.Differing.Parameters)
            Console.WriteLine($"{parameter.Name}: {string.Join(" | ", parameter.Values)}");
        await File.WriteAllTextAsync("comparison.html", comparison.ToHtml());

        IReadOnlyList<MetricBucket> curve = await tracker.GetMetricEnvelopeAsync(first, "mae", points: 500);

        await using (FileStream runs = File.Create("runs.csv"))
            await tracker.ExportRunsAsync(runs, ["ridership"]);
        await using (FileStream points = File.Create("points.csv"))
            await tracker.ExportMetricsAsync(points, [first, second], ["mae"]);
        await tracker.ExportTensorBoardAsync(first, "logs");
        // readme: end

        Assert.That(curve, Has.Count.EqualTo(2));
        Assert.That(await File.ReadAllLinesAsync("points.csv"), Has.Length.EqualTo(5));
        AssertShownIn("src/Mlops.Tracking/README.md");
    }
}
