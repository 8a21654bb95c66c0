// given: begin
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// given: end

namespace Mlops.Tests.Readme.TrackingExperiments;

/// <summary>Experiments, notes, datasets and deleting.</summary>
[TestFixture]
public sealed class TrackingExperimentsExample : ReadmeExample
{
    [Test]
    public async Task What_is_deleted_comes_back_until_it_is_purged()
    {
        // given: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        using var tracker = new Tracker(database, artifacts);
        // given: end

        // readme: begin
        Experiment demand = await tracker.CreateExperimentAsync("demand", new() { Tags = new Dictionary<string, string> { ["team"] = "north" } });
        RunRecord created = await tracker.CreateRunAsync("demand");                            // no handle: anyone who knows the id may write
        await tracker.LogAsync(created.Id, new()                                               // all of it or nothing
        {
            Metrics = [new Metric("mae", 0.4)],
            Parameters = new Dictionary<string, string> { ["lambda"] = "0.1" },
            Tags = new Dictionary<string, string> { [RunTags.Note] = "First try with holidays." },
            Datasets = [new DatasetInput("rides", "9f86d081") { Uri = "https://data.example/rides.csv", Context = "train" }],
        });
        await tracker.UpdateRunAsync(created.Id, new() { Status = RunStatus.Finished });

        await tracker.DeleteExperimentAsync("demand");                                         // its runs count as deleted, nothing can be written to them
        await tracker.RestoreExperimentAsync("demand");                                        // and come back
        await tracker.DeleteRunAsync(created.Id);
        int removed = await tracker.PurgeAsync(TimeSpan.FromDays(30));                         // for good, what was deleted 30 days ago
        await artifacts.CollectGarbageAsync();                                                 // the bytes of files that nothing refers to
        // readme: end

        RunRecord run = await tracker.GetRunAsync(created.Id);
        Assert.That((removed, run.IsDeleted, run.Note, run.ExperimentId == demand.Id), Is.EqualTo((0, true, "First try with holidays.", true)));
        Assert.That((await tracker.ListDatasetsAsync(run.Id)).Single().Context, Is.EqualTo("train"));
    }
}
