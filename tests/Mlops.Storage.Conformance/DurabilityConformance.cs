using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>At which level every engine commits what the layer itself writes. The level reaches the engine as <see cref="WritingConformance"/> shows.</summary>
public abstract class DurabilityConformance : EngineConformance
{
    private static readonly MigrationSet Notes = new("levelled",
    [
        new Migration(1, "CREATE TABLE levelled_note (id {int} NOT NULL PRIMARY KEY) {keyed};"),
    ]);

    private Database _database = null!;
    private string _folder = "";

    [SetUp]
    public async Task OpenDatabaseAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-levels").FullName;
        _database = Open(Notes);
        await _database.OpenAsync();
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_write_is_committed_at_the_level_asked_for_and_without_one_at_Process()
    {
        Assert.That(await CommitRecorder.CountPowerAsync(() => InsertAsync(1, Durability.Power)), Is.EqualTo(1));
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(() => InsertAsync(2, Durability.Process)), Is.True);
        Assert.That(
            await CommitRecorder.IsProcessOnlyAsync(() => _database.WriteAsync(3L, static (session, id) => session.Execute("INSERT INTO levelled_note (id) VALUES (@id)", ("@id", id)))),
            Is.True);
    }

    [Test]
    public async Task Migrations_survive_loss_of_power()
    {
        await using Database empty = Engine.Connect(Engine.CreateDatabase(), null);
        Assert.That(await CommitRecorder.CountPowerAsync(async () => await empty.OpenAsync()), Is.EqualTo(1));
    }

    [Test]
    public async Task The_pin_of_an_upload_survives_loss_of_power_whether_the_bytes_are_new_or_there()
    {
        ArtifactCatalog catalog = Catalog();
        ArtifactUpload upload = null!;
        Assert.That(await CommitRecorder.CountPowerAsync(async () => upload = await catalog.UploadAsync(new MemoryStream([1]))), Is.EqualTo(1), "new");
        Assert.That(await CommitRecorder.CountPowerAsync(async () => await catalog.UploadAsync(new MemoryStream([1]))), Is.EqualTo(1), "there");
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(async () => await upload.DisposeAsync()), Is.True, "a pin that comes back runs out by itself");
    }

    [Test]
    public async Task The_mark_of_a_collection_survives_loss_of_power_before_bytes_are_removed()
    {
        ArtifactCatalog catalog = Catalog();
        await using (await catalog.UploadAsync(new MemoryStream([1])))
        {
        }

        ArtifactCollection collected = null!;
        Assert.That(await CommitRecorder.CountPowerAsync(async () => collected = await catalog.CollectGarbageAsync()), Is.EqualTo(1));
        Assert.That(collected.Artifacts, Is.EqualTo(1));
        Assert.That(await CommitRecorder.CountPowerAsync(() => catalog.CollectGarbageAsync()), Is.Zero, "there is nothing to mark");
    }

    [Test]
    public async Task Leases_are_granted_renewed_and_given_back_at_Process()
    {
        var leases = new LeaseTable(_database);
        Lease? lease = null;
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(async () => lease = await leases.TryAcquireAsync("job", "a", TimeSpan.FromMinutes(1))), Is.True);
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(() => leases.RenewAsync(lease!)), Is.True);
        Assert.That(await CommitRecorder.IsProcessOnlyAsync(() => leases.ReleaseAsync(lease!)), Is.True);
    }

    private ArtifactCatalog Catalog() => new(_database, new FileArtifactStore(_folder));

    private Task<int> InsertAsync(long id, Durability durability) => _database.WriteAsync(
        id, static (session, id) => session.Execute("INSERT INTO levelled_note (id) VALUES (@id)", ("@id", id)), durability);
}
