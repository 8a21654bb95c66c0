using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FileArtifactStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-artifacts-").FullName;
    private readonly FileArtifactStore _store;

    public FileArtifactStoreTests() => _store = new FileArtifactStore(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_published_artifact_lies_under_its_hash_and_leaves_no_temporary_file()
    {
        StoredArtifact artifact = await StoreAsync("hello"u8.ToArray());

        Assert.That(artifact.Hash.ToString(), Is.EqualTo("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
        Assert.That(Files(), Is.EqualTo(new[] { "2c/f2/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" }));
    }

    [Test]
    public async Task The_file_is_flushed_before_it_is_renamed_and_every_new_folder_and_the_name_before_publishing_returns()
    {
        // Two folders above the store's own are missing as well.
        string root = Path.Combine(_folder, "new", "deep", "artifacts");
        byte[] content = new byte[300_000];
        new Random(1).NextBytes(content);
        string name = ContentHash.Of(content).ToString();
        string shard = Path.Combine(root, name[..2], name[2..4]);
        string published = Path.Combine(shard, name);
        List<string> flushed = [];
        var store = new FileArtifactStore(
            root,
            null,
            file =>
            {
                Assert.That(new FileInfo(file.Name), Has.Length.EqualTo(content.Length), "flushed before the last byte was written");
                Assert.That(File.Exists(published), Is.False, "renamed before it was flushed");
                flushed.Add(Path.GetDirectoryName(file.Name)! + "/*");
            },
            folder => flushed.Add(folder + (File.Exists(published) ? " with the artifact" : "")));

        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(content));
        Assert.That(flushed, Is.EqualTo(new[]
        {
            _folder, Path.Combine(_folder, "new"), Path.Combine(_folder, "new", "deep"), root, Path.Combine(root, "staging") + "/*",
        }));

        flushed.Clear();
        await staged.PublishAsync();
        Assert.That(flushed, Is.EqualTo(new[] { root, Path.GetDirectoryName(shard)!, shard + " with the artifact" }));
    }

    [Test]
    public async Task Folders_that_another_process_made_are_flushed_once_and_the_folder_of_the_name_each_time()
    {
        StoredArtifact artifact = await StoreAsync([1, 2, 3]);
        string path = PathOf(artifact);
        List<string> flushed = [];
        var store = new FileArtifactStore(_folder, null, _ => { }, folder => flushed.Add($"{folder} {(File.Exists(path) ? "with" : "without")}"));

        string shard = Path.GetDirectoryName(path)!;
        await using (StagedArtifact again = await store.StageAsync(new MemoryStream([1, 2, 3])))
            await again.PublishAsync();
        Assert.That(flushed, Is.EqualTo(new[]
        {
            $"{Path.GetDirectoryName(_folder)} with", $"{_folder} with", $"{_folder} with", $"{Path.GetDirectoryName(shard)} with", $"{shard} with",
        }));

        flushed.Clear();
        await using (StagedArtifact again = await store.StageAsync(new MemoryStream([1, 2, 3])))
            await again.PublishAsync();
        await store.DeleteAsync(artifact.Hash);
        Assert.That(flushed, Is.EqualTo(new[] { $"{shard} with", $"{shard} without" }));
    }

    [Test]
    public async Task A_flush_that_fails_fails_the_call_and_publishes_nothing()
    {
        var file = new FileArtifactStore(_folder, null, static _ => throw new IOException("no flush"), static _ => { });
        Assert.That(async () => await file.StageAsync(new MemoryStream([1])), Throws.TypeOf<StorageException>().With.Message.Contains("no flush"));
        Assert.That(Files(), Is.Empty);

        bool fails = false;
        var folder = new FileArtifactStore(_folder, null, static _ => { }, _ =>
        {
            if (fails)
                throw new IOException("no flush");
        });
        await using StagedArtifact staged = await folder.StageAsync(new MemoryStream([1]));
        fails = true;
        Assert.That(async () => await staged.PublishAsync(), Throws.TypeOf<StorageException>().With.Message.Contains("no flush"));
    }

    [Test]
    public void A_flush_of_a_folder_reaches_the_operating_system()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows offers no such call.");
        }

        Assert.That(() => DirectorySync.Flush(_folder), Throws.Nothing);
        Assert.That(() => DirectorySync.Flush(Path.Combine(_folder, "missing")), Throws.InstanceOf<IOException>().With.Message.Contains("missing"));
    }

    [Test]
    public async Task An_artifact_that_was_not_published_is_not_there()
    {
        StagedArtifact staged = await _store.StageAsync(new MemoryStream([1, 2, 3]));

        Assert.That(await _store.ExistsAsync(staged.Artifact.Hash), Is.False);
        await staged.DisposeAsync();
        Assert.That(Files(), Is.Empty);
    }

    [Test]
    public async Task Equal_bytes_are_stored_once()
    {
        await StoreAsync([1, 2, 3]);
        await StoreAsync([1, 2, 3]);

        Assert.That(Files(), Has.Length.EqualTo(1));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(131_071)]
    [TestCase(131_072)]
    [TestCase(131_073)]
    [TestCase(1_000_000)]
    public async Task Bytes_of_any_length_come_back_however_they_are_read(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        StoredArtifact artifact = await StoreAsync(content);

        foreach (int step in new[] { 1_000, 131_072, 2_000_000 })
        {
            var copy = new MemoryStream();
            await using Stream stream = await _store.OpenReadAsync(artifact.Hash);
            await stream.CopyToAsync(copy, step);
            Assert.That(copy.ToArray(), Is.EqualTo(content));
        }
    }

    [Test]
    public async Task The_read_of_the_last_byte_of_a_changed_artifact_throws()
    {
        StoredArtifact artifact = await StoreAsync(new byte[1_000]);
        byte[] changed = new byte[1_000];
        changed[3] = 1;
        await File.WriteAllBytesAsync(PathOf(artifact), changed);

        // Exactly as many bytes as there are: the read that returns zero never happens.
        await using Stream stream = await _store.OpenReadAsync(artifact.Hash);
        byte[] read = new byte[1_000];
        Assert.That(
            async () => await stream.ReadExactlyAsync(read),
            Throws.TypeOf<ArtifactCorruptException>().With.Property("Expected").EqualTo(artifact.Hash).And.Property("Actual").EqualTo(ContentHash.Of(changed)));
    }

    [TestCase(0)]
    [TestCase(999)]
    [TestCase(1_001)]
    public async Task An_artifact_of_another_length_is_corrupt(int length)
    {
        StoredArtifact artifact = await StoreAsync(new byte[1_000]);
        await File.WriteAllBytesAsync(PathOf(artifact), new byte[length]);

        await using Stream stream = await _store.OpenReadAsync(artifact.Hash);
        Assert.That(async () => await stream.CopyToAsync(Stream.Null), Throws.TypeOf<ArtifactCorruptException>());
    }

    [Test]
    public async Task Publishing_again_heals_a_damaged_file()
    {
        StoredArtifact artifact = await StoreAsync([1, 2, 3]);
        await File.WriteAllBytesAsync(PathOf(artifact), [9]);

        await StoreAsync([1, 2, 3]);

        Assert.That(await File.ReadAllBytesAsync(PathOf(artifact)), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public void A_missing_artifact_is_reported_by_its_hash()
    {
        ContentHash hash = ContentHash.Of("nowhere"u8);

        Assert.That(async () => await _store.OpenReadAsync(hash), Throws.TypeOf<ArtifactNotFoundException>().With.Property("Hash").EqualTo(hash));
        Assert.That(async () => await _store.DeleteAsync(hash), Throws.Nothing);
    }

    [Test]
    public async Task A_deleted_artifact_is_gone_for_new_readers_only()
    {
        StoredArtifact artifact = await StoreAsync([1, 2, 3]);
        await using Stream stream = await _store.OpenReadAsync(artifact.Hash);

        await _store.DeleteAsync(artifact.Hash);

        Assert.That(await _store.ExistsAsync(artifact.Hash), Is.False);
        byte[] read = new byte[3];
        await stream.ReadExactlyAsync(read);
        Assert.That(read, Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task A_link_in_place_of_an_artifact_or_of_a_folder_is_refused()
    {
        string outside = Directory.CreateTempSubdirectory("mlops-outside-").FullName;
        StoredArtifact artifact = await StoreAsync([1, 2, 3]);
        string path = PathOf(artifact);
        string target = Path.Combine(outside, "file");
        File.Move(path, target);
        File.CreateSymbolicLink(path, target);

        Assert.That(async () => await _store.OpenReadAsync(artifact.Hash), Throws.TypeOf<StorageException>().With.Message.Contains("symbolic link"));
        Assert.That(() => StoreAsync([1, 2, 3]), Throws.TypeOf<StorageException>().With.Message.Contains("symbolic link"));
        Assert.That(async () => await _store.DeleteAsync(artifact.Hash), Throws.TypeOf<StorageException>().With.Message.Contains("symbolic link"));

        string shard = Path.GetDirectoryName(path)!;
        Directory.Delete(shard, recursive: true);
        File.Move(target, Path.Combine(outside, artifact.Hash.ToString()));
        Directory.CreateSymbolicLink(shard, outside);
        Assert.That(async () => await _store.OpenReadAsync(artifact.Hash), Throws.TypeOf<StorageException>().With.Message.Contains("symbolic link"));

        Directory.Delete(shard);
        Directory.Delete(outside, recursive: true);
    }

    [Test]
    public async Task Leftovers_of_crashed_writers_go_after_a_day()
    {
        string staging = Path.Combine(_folder, "staging");
        Directory.CreateDirectory(staging);
        var now = new DateTimeOffset(2026, 1, 10, 0, 0, 0, TimeSpan.Zero);
        Leave("old", now.AddHours(-25));
        Leave("young", now.AddHours(-23));

        var store = new FileArtifactStore(_folder, new FakeTimeProvider(now));
        await (await store.StageAsync(Stream.Null)).DisposeAsync();

        Assert.That(Files(), Is.EqualTo(new[] { "staging/young" }));

        void Leave(string name, DateTimeOffset written)
        {
            File.WriteAllBytes(Path.Combine(staging, name), [1]);
            File.SetLastWriteTimeUtc(Path.Combine(staging, name), written.UtcDateTime);
        }
    }

    [Test]
    public void A_failing_source_leaves_nothing_behind_and_its_exception_passes_through()
    {
        Assert.That(async () => await _store.StageAsync(new BrokenStream()), Throws.TypeOf<InvalidDataException>());
        Assert.That(Files(), Is.Empty);
    }

    [Test]
    public void A_folder_that_cannot_be_created_is_a_storage_error()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllBytes(file, []);
        var store = new FileArtifactStore(Path.Combine(file, "artifacts"));

        Assert.That(async () => await store.StageAsync(Stream.Null), Throws.TypeOf<StorageException>().With.Message.Contains(file));
    }

    private async Task<StoredArtifact> StoreAsync(byte[] content)
    {
        await using StagedArtifact staged = await _store.StageAsync(new MemoryStream(content));
        await staged.PublishAsync();
        return staged.Artifact;
    }

    private string PathOf(StoredArtifact artifact)
    {
        string name = artifact.Hash.ToString();
        return Path.Combine(_folder, name[..2], name[2..4], name);
    }

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder, path).Replace('\\', '/'))];

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidDataException("broken");
    }
}
