using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of the artifact catalogue.</summary>
public abstract class ArtifactConformance : EngineConformance
{
    private static readonly MigrationSet Holders = new("holder",
        [new Migration(1, "CREATE TABLE holder_row (id {int} NOT NULL PRIMARY KEY, hash {blob} NOT NULL) {keyed};")]);

    private readonly SettableClock _clock = new();
    private string _folder = "";
    private Database _database = null!;
    private ArtifactCatalog _catalog = null!;

    [SetUp]
    public void Open()
    {
        StartEmpty();
        _folder = Directory.CreateTempSubdirectory("mlops-artifacts").FullName;
        _database = Connect();
        _database.Require(Holders);
        _clock.Set(1_000_000_000_000_000);
        _catalog = new ArtifactCatalog(_database, new FileArtifactStore(_folder), _clock);
    }

    [TearDown]
    public async Task Close()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_referenced_artifact_is_kept_and_a_forgotten_one_collected()
    {
        ContentHash kept = await UploadAsync([1], "owner");
        ContentHash forgotten = await UploadAsync([2], owner: null);

        ArtifactCollection collected = await _catalog.CollectGarbageAsync();

        Assert.That(collected, Is.EqualTo(new ArtifactCollection(1, 1)));
        Assert.That(await _catalog.Store.ExistsAsync(kept), Is.True);
        Assert.That(await _catalog.Store.ExistsAsync(forgotten), Is.False);
    }

    [Test]
    public async Task A_pinned_artifact_is_kept_until_its_upload_is_disposed_or_its_pin_runs_out()
    {
        ArtifactUpload upload = await _catalog.UploadAsync(new MemoryStream([3]));
        await _catalog.CollectGarbageAsync();
        Assert.That(await _catalog.Store.ExistsAsync(upload.Artifact.Hash), Is.True);

        _clock.Advance(TimeSpan.FromHours(2));
        await _catalog.CollectGarbageAsync();

        Assert.That(await _catalog.Store.ExistsAsync(upload.Artifact.Hash), Is.False);
    }

    [Test]
    public async Task An_artifact_goes_when_its_last_reference_is_given_up()
    {
        ContentHash hash = await UploadAsync([4], "a");
        await _database.WriteAsync(hash, static (session, hash) => { ArtifactCatalog.AddReference(session, hash, "b"); return 0; });
        await _database.WriteAsync(hash, static (session, hash) => { ArtifactCatalog.RemoveReference(session, hash, "a"); return 0; });
        Assert.That((await _catalog.CollectGarbageAsync()).Artifacts, Is.Zero);

        await _database.WriteAsync(hash, static (session, hash) => { ArtifactCatalog.RemoveReference(session, hash, "b"); return 0; });
        Assert.That((await _catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
    }

    [Test]
    public void A_reference_to_what_was_never_stored_is_refused() =>
        Assert.That(
            async () => await _database.WriteAsync(ContentHash.Of([5]), static (session, hash) => { ArtifactCatalog.AddReference(session, hash, "a"); return 0; }),
            Throws.TypeOf<ArtifactNotFoundException>());

    [Test]
    public async Task However_uploads_commits_and_collections_meet_no_reference_is_left_without_its_bytes()
    {
        // Few distinct contents, so that the same artifact is uploaded, referred to, given up and collected over and over.
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        Task collector = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await _catalog.CollectGarbageAsync();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 3).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (!stop.IsCancellationRequested)
            {
                byte content = (byte)random.Next(3);
                ContentHash hash = await UploadAsync([content], $"{worker}");
                await using (Stream stream = await _catalog.OpenReadAsync(hash))
                {
                    Assert.That(stream.ReadByte(), Is.EqualTo(content));
                }

                await _database.WriteAsync((hash, worker), static (session, state) => { ArtifactCatalog.RemoveReference(session, state.hash, $"{state.worker}"); return 0; });
            }
        })));
        await collector;

        await _catalog.CollectGarbageAsync();
        Assert.That(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories), Is.Empty);
    }

    private async Task<ContentHash> UploadAsync(byte[] content, string? owner)
    {
        await using ArtifactUpload upload = await _catalog.UploadAsync(new MemoryStream(content));
        ContentHash hash = upload.Artifact.Hash;
        if (owner is not null)
        {
            await _database.WriteAsync((hash, owner), static (session, state) => { ArtifactCatalog.AddReference(session, state.hash, state.owner); return 0; });
        }

        return hash;
    }
}
