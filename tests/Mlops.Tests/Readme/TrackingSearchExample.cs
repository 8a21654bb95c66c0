// given: begin
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// given: end

namespace Mlops.Tests.Readme.TrackingSearch;

/// <summary>Finding runs.</summary>
[TestFixture]
public sealed class TrackingSearchExample : ReadmeExample
{
    [Test]
    public async Task Runs_are_found_by_a_filter()
    {
        // given: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
        foreach (string model in (string[])["ridge", "tree"])
        {
            await tracker.TrackAsync("ridership", async (run, ct) =>
            {
                run.LogParameter("model", model);
                run.LogMetric("mae", model == "tree" ? 0.6 : 0.4, step: 100);
                run.SetTag("stage", "test 1");
                await run.LogDatasetAsync(new DatasetInput("rides", "2c26b46b"), ct);
            });
        }
        // given: end

        // readme: begin
        var query = new RunQuery
        {
            Filter = "metrics.mae < 0.5 AND (params.model = 'ridge' OR NOT tags.stage LIKE 'test%') AND min(metrics.mae) > 0.1",
            Order = RunOrder.ByMetric("mae"),
            Columns = ["metrics.mae", "params.model"],
        };
        RunPage page = await tracker.ListRunsAsync("ridership", query);
        long all = await tracker.CountRunsAsync("ridership", query.Filter);

        RunPage ranked = await tracker.ListRunsAsync(["ridership", "weather"], new() { Order = RunOrder.Parse("params.model, metrics.mae DESC, start_time") });
        RunPage early = await tracker.ListRunsAsync("ridership", new() { Filter = "at(metrics.mae, 100) < 0.5 AND datasets.name = 'rides'" });
        // readme: end

        Assert.That((page.Runs.Count, page.Runs[0].Parameters["model"], page.Runs[0].Tags.Count, all), Is.EqualTo((1, "ridge", 0, 1L)));
    }
}
