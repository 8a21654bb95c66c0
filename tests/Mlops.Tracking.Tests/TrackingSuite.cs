using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests;

/// <summary>What every suite over a database starts from; one subclass per engine says which database.</summary>
public abstract class TrackingSuite
{
    protected static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected string Folder { get; private set; } = "";

    protected string ArtifactFolder => Path.Combine(Folder, "artifacts");

    protected FakeTimeProvider Time { get; private set; } = null!;

    protected Database Database { get; private set; } = null!;

    protected ArtifactCatalog Artifacts { get; private set; } = null!;

    protected Tracker Tracker { get; private set; } = null!;

    /// <summary>A database of this test's own: empty at the first call, the same one at later calls.</summary>
    protected abstract Database Create(string folder);

    [SetUp]
    public void OpenTracker()
    {
        Folder = Directory.CreateTempSubdirectory("mlops-tracking-").FullName;
        Time = new FakeTimeProvider(Start);
        Database = Create(Folder);
        Artifacts = new ArtifactCatalog(Database, new FileArtifactStore(ArtifactFolder));
        Tracker = OpenTracker(new TrackingOptions());
    }

    [TearDown]
    public async Task CloseDatabase()
    {
        Tracker.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    protected Tracker OpenTracker(TrackingOptions options) => new(Database, Artifacts, options, Time);

    /// <summary>Runs the action while every writer of the database is busy, so that nothing else is written.</summary>
    protected async Task WhileWritersAreBusyAsync(Action action)
    {
        int writers = Database.Dialect.Name == "sqlite" ? 1 : 4;
        using var release = new ManualResetEventSlim();
        using var entered = new CountdownEvent(writers);
        Task[] blocked =
        [
            .. Enumerable.Range(0, writers).Select(_ => Database.WriteAsync((release, entered), static (_, state) =>
            {
                if (!state.entered.IsSet)
                {
                    state.entered.Signal();
                }

                state.release.Wait();
                return true;
            })),
        ];
        try
        {
            Assert.That(entered.Wait(TimeSpan.FromSeconds(60)), Is.True, "a writer is left");
            action();
        }
        finally
        {
            release.Set();
            await Task.WhenAll(blocked);
        }
    }
}
