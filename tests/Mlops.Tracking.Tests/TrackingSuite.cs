using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests;

/// <summary>What every suite over a database starts from; one subclass per engine says which database.</summary>
public abstract class TrackingSuite
{
    protected static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private string _folder = "";

    protected FakeTimeProvider Time { get; private set; } = null!;

    protected Database Database { get; private set; } = null!;

    protected ArtifactCatalog Artifacts { get; private set; } = null!;

    protected Tracker Tracker { get; private set; } = null!;

    /// <summary>An empty database; the folder is the test's own.</summary>
    protected abstract Database Create(string folder);

    [SetUp]
    public void OpenTracker()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-tracking-").FullName;
        Time = new FakeTimeProvider(Start);
        Database = Create(_folder);
        Artifacts = new ArtifactCatalog(Database, new FileArtifactStore(Path.Combine(_folder, "artifacts")));
        Tracker = OpenTracker(new TrackingOptions());
    }

    [TearDown]
    public async Task CloseDatabase()
    {
        Tracker.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected Tracker OpenTracker(TrackingOptions options) => new(Database, Artifacts, options, Time);
}
