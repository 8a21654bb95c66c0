using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of the artifact catalogue.</summary>
public abstract partial class ArtifactConformance : EngineConformance
{
    private readonly SettableClock _clock = new();
    private readonly FakeTimeProvider _time = new();
    private Database _database = null!;
    private IArtifactPlace _place = null!;
    private string _folder = "";

    /// <summary>Makes an empty place for the artifacts of one test, given a folder that is removed after it.</summary>
    protected virtual Func<string, IArtifactPlace> Place => static folder => new FolderPlace(folder);

    [SetUp]
    public void OpenDatabase()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-artifacts").FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "store"));
        _place = Place(Path.Combine(_folder, "store"));
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
    public async Task Uploading_again_heals_what_was_damaged_or_deleted_in_the_store(bool deleted)
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = [1, 2, 3, 4];
        await using ArtifactUpload first = await catalog.UploadAsync(new MemoryStream(content));
        await _place.ReplaceAsync(first.Artifact.Hash, deleted ? null : [1, 2, 3, 5]);

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
        var store = new GatedStore(_place.Open());
        var catalog = new ArtifactCatalog(_database, store, new LeaseTable(_database, _clock));
        byte[] content = Bytes(10);
        await (await catalog.UploadAsync(new MemoryStream(content))).DisposeAsync();

        Task<ArtifactCollection> collection = catalog.CollectGarbageAsync();
        await store.Deleting;
        Database other = Open();
        Task<ArtifactUpload> uploading = new ArtifactCatalog(other, store, new LeaseTable(other, _clock)).UploadAsync(new MemoryStream(content));
        await store.Staged;
        store.AllowDelete();

        Assert.That((await collection).Artifacts, Is.EqualTo(1));
        await using ArtifactUpload upload = await uploading;
        Assert.That(await catalog.ReadAllBytesAsync(upload.Artifact.Hash, 10), Is.EqualTo(content));
    }

    [Test]
    public async Task A_collector_that_has_lost_its_lease_changes_no_row_and_leaves_the_rest_to_the_next()
    {
        var store = new GatedStore(_place.Open());
        var catalog = new ArtifactCatalog(_database, store, new LeaseTable(_database, _clock));
        foreach (int size in new[] { 10, 11 })
        {
            await (await catalog.UploadAsync(new MemoryStream(Bytes(size)))).DisposeAsync();
        }

        // Taken over while it removes the first file: what happened to the row meanwhile is not its business any more.
        Task<ArtifactCollection> collection = catalog.CollectGarbageAsync();
        await store.Deleting;
        await _database.WriteAsync(0, static (session, _) => session.Execute("UPDATE mlops_lease SET epoch = epoch + 1 WHERE name = 'mlops/artifact-collection'"));
        store.AllowDelete();

        Assert.That((await collection).Artifacts, Is.Zero);
        Assert.That(store.Deletions, Is.EqualTo(1), "it went on without the lease");
        Assert.That(await StatesAsync(), Is.EqualTo(new long[] { 1, 1 }));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await Catalog(Open()).CollectGarbageAsync()).Artifacts, Is.EqualTo(2));
        Assert.That(await StatesAsync(), Is.Empty);
    }

    [Test]
    public async Task A_removal_that_lasts_longer_than_the_lease_may_be_relied_on_is_called_off()
    {
        var store = new GatedStore(_place.Open());
        var catalog = new ArtifactCatalog(_database, store, new LeaseTable(_database, _clock, _time));
        await (await catalog.UploadAsync(new MemoryStream(Bytes(10)))).DisposeAsync();
        Task<ArtifactCollection> collection = catalog.CollectGarbageAsync();
        await store.Deleting;

        // The renewals find no table; two thirds of the lease later its holder is on its own.
        await _database.WriteAsync(0, static (session, _) => session.Execute("ALTER TABLE mlops_lease RENAME TO mlops_lease_away"));
        _time.Advance(TimeSpan.FromSeconds(41));
        Assert.That((await collection).Artifacts, Is.Zero);
        Assert.That(await StatesAsync(), Is.EqualTo(new long[] { 1 }));

        await _database.WriteAsync(0, static (session, _) => session.Execute("ALTER TABLE mlops_lease_away RENAME TO mlops_lease"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await Catalog(Open()).CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
    }

    [Test]
    public async Task While_another_process_holds_the_collection_nothing_is_removed()
    {
        ArtifactCatalog catalog = Catalog(_database);
        await (await catalog.UploadAsync(new MemoryStream(Bytes(10)))).DisposeAsync();
        await new LeaseTable(_database, _clock).TryAcquireAsync("mlops/artifact-collection", "another", TimeSpan.FromMinutes(1));

        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero);
        Assert.That(await _place.CountAsync(), Is.EqualTo(1));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
    }

    [Test]
    public async Task A_row_that_is_marked_no_more_is_not_removed()
    {
        var store = new GatedStore(_place.Open());
        var catalog = new ArtifactCatalog(_database, store, new LeaseTable(_database, _clock));
        await (await catalog.UploadAsync(new MemoryStream(Bytes(10)))).DisposeAsync();

        // No call of the catalogue takes a mark back; an operator who restores a file might.
        Task<ArtifactCollection> collection = catalog.CollectGarbageAsync();
        await store.Deleting;
        await _database.WriteAsync(0, static (session, _) => session.Execute("UPDATE mlops_artifact SET state = 0"));
        store.AllowDelete();

        Assert.That((await collection).Artifacts, Is.Zero);
        Assert.That(await StatesAsync(), Is.EqualTo(new long[] { 0 }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_gains_a_reference_or_a_pin_between_the_search_and_the_mark_is_not_collected(bool pinned)
    {
        var clock = new SignallingClock(_clock);
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(10);
        ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        ContentHash hash = upload.Artifact.Hash;
        await upload.DisposeAsync();

        // The row is locked before the collector looks, so that it finds a candidate and then has to wait with its mark.
        using var release = new ManualResetEventSlim();
        using var locked = new ManualResetEventSlim();
        Task<bool> holder = _database.WriteAsync(
            (hash, pinned, locked, release, until: _clock.Read(null!) + 1),
            static (session, state) =>
            {
                if (state.pinned)
                {
                    session.Execute("UPDATE mlops_artifact SET state = state WHERE hash = @hash", ("@hash", state.hash.ToArray()));
                    session.Execute("INSERT INTO mlops_artifact_pin (hash, owner, until) VALUES (@hash, 'late', @until)", ("@hash", state.hash.ToArray()), ("@until", state.until));
                }
                else
                {
                    ArtifactCatalog.AddReference(session, state.hash, "late");
                }

                state.locked.Set();
                return state.release.Wait(TimeSpan.FromSeconds(60));
            });
        locked.Wait();
        Task<ArtifactCollection> collection = Task.Run(() => new ArtifactCatalog(_database, _place.Open(), new LeaseTable(_database, clock)).CollectGarbageAsync());
        while (clock.Reads == 0 && _database.QueueLength == 0)
        {
            await Task.Delay(1);
        }

        release.Set();

        Assert.That(await holder, Is.True);
        Assert.That((await collection).Artifacts, Is.Zero);
        Assert.That(await StatesAsync(), Is.EqualTo(new long[] { 0 }));
        Assert.That(await catalog.ReadAllBytesAsync(hash, content.Length), Is.EqualTo(content));
    }

    [Test]
    public async Task An_upload_whose_pin_ran_out_while_it_published_is_refused_and_leaves_no_live_row()
    {
        var store = new GatedStore(_place.Open(), gatePublish: true);
        Task<ArtifactUpload> uploading = new ArtifactCatalog(_database, store, new LeaseTable(_database, _clock)).UploadAsync(new MemoryStream(Bytes(10)));
        await store.Publishing;
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await Catalog(_database).CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
        store.AllowPublish();

        StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => uploading);
        Assert.That(refused!.IsTransient, Is.True);
        Assert.That(refused.Message, Does.Contain("Upload it again"));
        Assert.That(await StatesAsync(), Is.Empty);
    }

    [Test]
    public async Task An_upload_that_is_renewed_is_protected_for_as_long_as_that_goes_on()
    {
        ArtifactCatalog catalog = Catalog(_database);
        ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(Bytes(10)));
        for (int i = 0; i < 3; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(50));
            Assert.That(await upload.RenewAsync(), Is.True);
            Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero);
        }

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
        Assert.That(await upload.RenewAsync(), Is.False, "there is nothing left to protect");
        await upload.DisposeAsync();
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
        Assert.That(await _place.CountAsync(), Is.Zero);
        Assert.That(await _database.QueryAsync("SELECT hash FROM mlops_artifact", static row => row.GetFieldValue<byte[]>(0), default), Is.Empty);
    }

    private async Task<List<long>> StatesAsync() =>
        await _database.QueryAsync("SELECT state FROM mlops_artifact ORDER BY hash", static row => row.GetInt64(0), CancellationToken.None);

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

    private ArtifactCatalog Catalog(Database database, ArtifactOptions? options = null)
    {
        options ??= new ArtifactOptions();
        options.UploadFolder ??= Path.Combine(_folder, "uploads");
        return new ArtifactCatalog(database, _place.Open(), new LeaseTable(database, _clock), options, _time);
    }

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

    /// <summary>A clock that counts who reads it.</summary>
    private sealed class SignallingClock(SettableClock clock) : ILeaseClock
    {
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public long Read(SqlSession session)
        {
            Interlocked.Increment(ref _reads);
            return clock.Read(session);
        }
    }

    /// <summary>Stops a deletion or a publication half-way and tells when an upload has been received.</summary>
    private sealed class GatedStore(IArtifactStore store, bool gatePublish = false) : IArtifactStore
    {
        private readonly TaskCompletionSource _deleting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _allowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _staged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _publishing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _publish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _stagings;
        private int _deletions;

        public Task Deleting => _deleting.Task;

        public Task Staged => _staged.Task;

        public Task Publishing => _publishing.Task;

        public int Deletions => Volatile.Read(ref _deletions);

        public void AllowDelete() => _allowed.SetResult();

        public void AllowPublish() => _publish.SetResult();

        public async ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default)
        {
            StagedArtifact staged = await store.StageAsync(content, cancellationToken);
            if (Interlocked.Increment(ref _stagings) == 2)
            {
                _staged.SetResult();
            }

            return gatePublish ? new GatedArtifact(this, staged) : staged;
        }

        public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.OpenReadAsync(hash, cancellationToken);

        public ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default) =>
            store.OpenRangeAsync(hash, offset, length, cancellationToken);

        public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.ExistsAsync(hash, cancellationToken);

        public async ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _deletions);
            _deleting.TrySetResult();
            await _allowed.Task.WaitAsync(cancellationToken);
            await store.DeleteAsync(hash, cancellationToken);
        }

        private sealed class GatedArtifact(GatedStore gates, StagedArtifact staged) : StagedArtifact(staged.Artifact)
        {
            public override async ValueTask PublishAsync(CancellationToken cancellationToken = default)
            {
                gates._publishing.SetResult();
                await gates._publish.Task;
                await staged.PublishAsync(cancellationToken);
            }

            public override ValueTask DisposeAsync() => staged.DisposeAsync();
        }
    }
}
