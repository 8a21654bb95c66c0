using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of the artifact catalogue.</summary>
public abstract class ArtifactConformance : EngineConformance
{
    private readonly SettableClock _clock = new();
    private Database _database = null!;
    private string _folder = "";

    [SetUp]
    public void OpenDatabase()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-artifacts").FullName;
        _clock.Set(1_000_000_000_000_000);
        _database = Open();
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task An_uploaded_artifact_is_read_back_whole()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(300_000);

        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));

        Assert.That(upload.Artifact, Is.EqualTo(new StoredArtifact(ContentHash.Of(content), content.Length)));
        Assert.That(await catalog.ReadAllBytesAsync(upload.Artifact.Hash, content.Length), Is.EqualTo(content));
    }

    [Test]
    public async Task An_artifact_larger_than_allowed_is_not_read_into_memory()
    {
        ArtifactCatalog catalog = Catalog(_database);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(Bytes(100)));

        Assert.That(async () => await catalog.ReadAllBytesAsync(upload.Artifact.Hash, 99), Throws.TypeOf<StorageException>().With.Message.Contains("100 bytes"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Uploading_again_heals_what_was_damaged_or_deleted_on_disk(bool deleted)
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = [1, 2, 3, 4];
        await using ArtifactUpload first = await catalog.UploadAsync(new MemoryStream(content));
        string file = Directory.EnumerateFiles(_folder, first.Artifact.Hash.ToString(), SearchOption.AllDirectories).Single();
        if (deleted)
        {
            File.Delete(file);
        }
        else
        {
            await File.WriteAllBytesAsync(file, [1, 2, 3, 5]);
        }

        await using ArtifactUpload again = await catalog.UploadAsync(new MemoryStream(content));

        Assert.That(await catalog.ReadAllBytesAsync(again.Artifact.Hash, 10), Is.EqualTo(content));
    }

    [Test]
    public async Task An_empty_artifact_can_be_stored_and_read()
    {
        ArtifactCatalog catalog = Catalog(_database);
        await using ArtifactUpload upload = await catalog.UploadAsync(Stream.Null);

        Assert.That(upload.Artifact.Length, Is.Zero);
        Assert.That(await catalog.ReadAllBytesAsync(upload.Artifact.Hash, 0), Is.Empty);
    }

    [Test]
    public async Task Garbage_collection_spares_an_open_upload_and_removes_a_closed_one()
    {
        ArtifactCatalog catalog = Catalog(_database);
        ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(Bytes(10)));

        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero);
        await upload.DisposeAsync();

        Assert.That(await catalog.CollectGarbageAsync(), Is.EqualTo(new ArtifactCollection(1, 10)));
        Assert.That(async () => await catalog.OpenReadAsync(upload.Artifact.Hash), Throws.TypeOf<ArtifactNotFoundException>());
    }

    [Test]
    public async Task A_referenced_artifact_stays_until_its_last_reference_is_removed()
    {
        ArtifactCatalog catalog = Catalog(_database);
        ContentHash hash = await StoreAsync(catalog, Bytes(10), "run/1");
        await ReferenceAsync(_database, hash, "run/2");
        await ReferenceAsync(_database, hash, "run/2");

        await RemoveAsync(hash, "run/1");
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero);

        await RemoveAsync(hash, "run/2");
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
    }

    [Test]
    public async Task The_pin_of_a_crashed_upload_runs_out()
    {
        ArtifactCatalog catalog = Catalog(_database);
        _ = await catalog.UploadAsync(new MemoryStream(Bytes(10)));

        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero);

        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
    }

    [Test]
    public void An_artifact_that_is_not_stored_cannot_be_referenced()
    {
        Assert.That(
            () => ReferenceAsync(_database, ContentHash.Of("nowhere"u8), "run/1"),
            Throws.TypeOf<ArtifactNotFoundException>().With.Message.Contains("run/1"));
    }

    [Test]
    public async Task An_artifact_that_is_being_collected_cannot_be_referenced_and_an_upload_finishes_the_collection_first()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(10);
        ContentHash hash = await StoreAsync(catalog, content, "run/1");
        await _database.WriteAsync(hash, static (session, hash) =>
        {
            ArtifactCatalog.RemoveReference(session, hash, "run/1");
            return session.Execute("UPDATE mlops_artifact SET state = 1 WHERE hash = @hash", ("@hash", hash.ToArray()));
        });

        Assert.That(() => ReferenceAsync(_database, hash, "run/2"), Throws.TypeOf<ArtifactNotFoundException>());

        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        await ReferenceAsync(_database, hash, "run/2");
        Assert.That(await catalog.ReadAllBytesAsync(hash, 10), Is.EqualTo(content));
    }

    [Test]
    public async Task An_upload_waits_while_a_living_collector_removes_the_same_bytes()
    {
        var store = new GatedStore(new FileArtifactStore(_folder));
        var catalog = new ArtifactCatalog(_database, store, _clock);
        byte[] content = Bytes(10);
        await (await catalog.UploadAsync(new MemoryStream(content))).DisposeAsync();

        Task<ArtifactCollection> collection = catalog.CollectGarbageAsync();
        await store.Deleting;
        Task<ArtifactUpload> uploading = new ArtifactCatalog(Open(), store, _clock).UploadAsync(new MemoryStream(content));
        await store.Staged;
        store.AllowDelete();

        Assert.That((await collection).Artifacts, Is.EqualTo(1));
        await using ArtifactUpload upload = await uploading;
        Assert.That(await catalog.ReadAllBytesAsync(upload.Artifact.Hash, 10), Is.EqualTo(content));
    }

    [Test]
    public async Task Racing_uploads_commits_and_collections_never_lose_a_referenced_artifact()
    {
        // Few contents and many rounds, so that uploads keep meeting collections of the same bytes.
        byte[][] contents = [.. Enumerable.Range(0, 4).Select(static i => Bytes(2_000 + i))];
        Database[] databases = [_database, Open(), Open()];
        bool done = false;
        Task collector = Task.Run(async () =>
        {
            ArtifactCatalog catalog = Catalog(databases[2]);
            while (!Volatile.Read(ref done))
            {
                await catalog.CollectGarbageAsync();
            }
        });

        await Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (worker, cancellationToken) =>
        {
            var random = new Random(worker);
            Database database = databases[worker % 2];
            ArtifactCatalog catalog = Catalog(database);
            for (int round = 0; round < 15; round++)
            {
                byte[] content = contents[random.Next(contents.Length)];
                string owner = $"run/{worker}/{round}";
                ContentHash hash = await StoreAsync(catalog, content, owner, database);
                Assert.That(await catalog.ReadAllBytesAsync(hash, content.Length, cancellationToken), Is.EqualTo(content));
                await RemoveAsync(hash, owner, database);
            }
        });

        Volatile.Write(ref done, true);
        await collector;
        await Catalog(_database).CollectGarbageAsync();
        Assert.That(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), Is.Empty);
        Assert.That(await _database.QueryAsync("SELECT hash FROM mlops_artifact", static row => row.GetFieldValue<byte[]>(0), default), Is.Empty);
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static Task<bool> ReferenceAsync(Database database, ContentHash hash, string owner) => database.WriteAsync(
        (hash, owner),
        static (session, state) =>
        {
            ArtifactCatalog.AddReference(session, state.hash, state.owner);
            return true;
        });

    private ArtifactCatalog Catalog(Database database) => new(database, new FileArtifactStore(_folder), _clock);

    private async Task<ContentHash> StoreAsync(ArtifactCatalog catalog, byte[] content, string owner, Database? database = null)
    {
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        await ReferenceAsync(database ?? _database, upload.Artifact.Hash, owner);
        return upload.Artifact.Hash;
    }

    private Task<bool> RemoveAsync(ContentHash hash, string owner, Database? database = null) => (database ?? _database).WriteAsync(
        (hash, owner),
        static (session, state) =>
        {
            ArtifactCatalog.RemoveReference(session, state.hash, state.owner);
            return true;
        });

    /// <summary>Stops a deletion half-way and tells when an upload has been received.</summary>
    private sealed class GatedStore(IArtifactStore store) : IArtifactStore
    {
        private readonly TaskCompletionSource _deleting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _allowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _staged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _stagings;

        public Task Deleting => _deleting.Task;

        public Task Staged => _staged.Task;

        public void AllowDelete() => _allowed.SetResult();

        public async ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default)
        {
            StagedArtifact staged = await store.StageAsync(content, cancellationToken);
            if (Interlocked.Increment(ref _stagings) == 2)
            {
                _staged.SetResult();
            }

            return staged;
        }

        public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.OpenReadAsync(hash, cancellationToken);

        public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.ExistsAsync(hash, cancellationToken);

        public async ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default)
        {
            _deleting.TrySetResult();
            await _allowed.Task;
            await store.DeleteAsync(hash, cancellationToken);
        }
    }
}
