namespace Mlops.Storage.Sqlite.Tests;

/// <summary>A place that may not be written to: the error names it and what to do, and nothing half-written is left.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReadOnlyFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-read-only-").FullName;

    private string DatabasePath => Path.Combine(_folder, "x.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_database_in_a_folder_that_may_not_be_written_to_is_not_created()
    {
        using (new ReadOnlyFolder(_folder))
        {
            await ExpectRefusalAsync(DatabasePath);
        }

        Assert.That(Entries(), Is.Empty);
        await WriteAsync(DatabasePath);
    }

    [Test]
    public async Task A_database_below_a_file_is_not_created()
    {
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "mine");

        await ExpectRefusalAsync(Path.Combine(file, "x.db"));

        Assert.That(Entries(), Is.EqualTo(new[] { "file" }));
        Assert.That(await File.ReadAllTextAsync(file), Is.EqualTo("mine"));
    }

    [Test]
    public async Task A_database_whose_folder_may_no_longer_be_written_to_stays_as_it_was()
    {
        await WriteAsync(DatabasePath);
        byte[] before = await File.ReadAllBytesAsync(DatabasePath);
        using (new ReadOnlyFolder(_folder))
        {
            await ExpectRefusalAsync(DatabasePath);
        }

        Assert.That(Entries(), Is.EqualTo(new[] { "x.db" }));
        Assert.That(await File.ReadAllBytesAsync(DatabasePath), Is.EqualTo(before));
        await WriteAsync(DatabasePath);
    }

    [Test]
    public async Task Artifacts_are_not_created_in_a_folder_that_may_not_be_written_to()
    {
        using (new ReadOnlyFolder(_folder))
        {
            await ExpectRefusalAsync(new FileArtifactStore(Path.Combine(_folder, "deep", "artifacts")));
        }

        Assert.That(Entries(), Is.Empty);
    }

    [Test]
    public async Task Artifacts_below_a_file_are_not_created()
    {
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "mine");

        await ExpectRefusalAsync(new FileArtifactStore(Path.Combine(file, "deep", "artifacts")));

        Assert.That(Entries(), Is.EqualTo(new[] { "file" }));
        Assert.That(await File.ReadAllTextAsync(file), Is.EqualTo("mine"));
    }

    [Test]
    public async Task Artifacts_whose_folder_may_no_longer_be_written_to_can_still_be_read()
    {
        var store = new FileArtifactStore(_folder);
        StoredArtifact artifact = await StoreAsync(store, [1, 2, 3]);
        string[] before = Entries();
        using (new ReadOnlyFolder(Path.Combine(_folder, "staging")))
        {
            await ExpectRefusalAsync(store);
            await using Stream stream = await store.OpenReadAsync(artifact.Hash);
            byte[] read = new byte[3];
            await stream.ReadExactlyAsync(read);
            Assert.That(read, Is.EqualTo(new byte[] { 1, 2, 3 }));
        }

        Assert.That(Entries(), Is.EqualTo(before));
    }

    [Test]
    public async Task An_artifact_that_cannot_be_published_is_discarded()
    {
        var store = new FileArtifactStore(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, "staging"));
        using (new ReadOnlyFolder(_folder))
        {
            await using StagedArtifact staged = await store.StageAsync(new MemoryStream([1, 2, 3]));
            StorageException? refused = await Assert.ThrowsAsync<StorageException>(async () => await staged.PublishAsync());
            Check(refused!, _folder);
            Assert.That(await store.ExistsAsync(staged.Artifact.Hash), Is.False);
        }

        Assert.That(Entries(), Is.EqualTo(new[] { "staging" }));
    }

    private static async Task ExpectRefusalAsync(string database)
    {
        StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => WriteAsync(database));
        Check(refused!, database);
    }

    private static async Task ExpectRefusalAsync(FileArtifactStore store)
    {
        StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => StoreAsync(store, [4, 5, 6]));
        Check(refused!, store.Folder);
    }

    private static void Check(StorageException refused, string path)
    {
        Assert.That(refused, Is.TypeOf<StorageException>());
        Assert.That(refused.Message, Does.Contain($"'{path}'").And.Contain("Check that").And.Contain("writ"));
        Assert.That(refused.InnerException, Is.Not.Null, "what the system said is lost");
        Assert.That(refused.IsTransient, Is.False, "repeating the call is in vain");
    }

    private static async Task WriteAsync(string path)
    {
        await using var database = new SqliteDatabase($"Data Source={path}");
        await database.WriteAsync(0, static (session, _) => session.Execute("CREATE TABLE IF NOT EXISTS note (text TEXT)"));
    }

    private static async Task<StoredArtifact> StoreAsync(FileArtifactStore store, byte[] content)
    {
        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(content));
        await staged.PublishAsync();
        return staged.Artifact;
    }

    private string[] Entries() =>
        [.. Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder, path)).Order(StringComparer.Ordinal)];
}
