// given: begin
using System.Diagnostics.Metrics;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// given: end

namespace Mlops.Tests.Readme.TrackingSurroundings;

/// <summary>What a run remembers besides what it is told.</summary>
[TestFixture]
public sealed class TrackingSurroundingsExample : ReadmeExample
{
    [Test]
    public async Task A_run_knows_its_code_and_what_a_meter_measured()
    {
        // given: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder)));
        using var meter = new Meter("MyTrainer");
        Counter<long> rows = meter.CreateCounter<long>("rows");
        // given: end

        // readme: begin
        string id = await tracker.TrackAsync("ridership", new() { Seed = 42 }, (run, ct) =>
        {
            run.RecordMeter("MyTrainer");                     // its instruments become metrics, every 10 s and at the end
            rows.Add(1_000);
            return Task.FromResult(run.Id);
        });

        RunEnvironment environment = (await tracker.FindEnvironmentAsync(id))!;
        Console.WriteLine($"{environment.GitCommit} {environment.IsDirty} {environment.Runtime} {environment.Processor}");
        foreach (LoadedAssembly assembly in environment.Assemblies)
            Console.WriteLine($"  {assembly.Name} {assembly.Version}");
        // readme: end

        RunRecord run = await tracker.GetRunAsync(id);
        Assert.That((run.Parameters["seed"], run.Metrics["rows"].Value, environment.Assemblies.Count), Is.EqualTo(("42", 1_000.0, environment.Assemblies.Count)));
    }
}
