namespace Mlops.Storage.Tests;

[TestFixture]
public sealed class FileArtifactStoreTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-artifacts").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(300_000)]
    public async Task What_was_written_is_read_back_under_its_hash(int length)
    {
        byte[] content = new byte[length];
        new Random(7).NextBytes(content);
        var store = new FileArtifactStore(_folder);

        StoredArtifact artifact = await store.WriteAsync(new MemoryStream(content));

        Assert.That(artifact, Is.EqualTo(new StoredArtifact(ContentHash.Of(content), length)));
        Assert.That(await ReadAsync(store, artifact.Hash), Is.EqualTo(content));
    }

    [Test]
    public async Task The_same_bytes_are_kept_once()
    {
        var store = new FileArtifactStore(_folder);
        await store.WriteAsync(new MemoryStream([1, 2, 3]));
        await store.WriteAsync(new MemoryStream([1, 2, 3]));

        Assert.That(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_changed_file_is_noticed_by_the_read_that_reaches_its_end()
    {
        var store = new FileArtifactStore(_folder);
        StoredArtifact artifact = await store.WriteAsync(new MemoryStream([1, 2, 3]));
        await File.WriteAllBytesAsync(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Single(), [1, 2, 4]);

        Assert.That(async () => await ReadAsync(store, artifact.Hash), Throws.TypeOf<ArtifactCorruptException>());
    }

    [Test]
    public async Task A_symbolic_link_in_place_of_an_artifact_is_not_followed()
    {
        var store = new FileArtifactStore(_folder);
        StoredArtifact artifact = await store.WriteAsync(new MemoryStream([1, 2, 3]));
        string file = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Single();
        File.Move(file, file + ".elsewhere");
        File.CreateSymbolicLink(file, file + ".elsewhere");

        Assert.That(async () => await ReadAsync(store, artifact.Hash), Throws.TypeOf<ArtifactNotFoundException>());
    }

    [Test]
    public void An_interrupted_write_leaves_nothing_behind()
    {
        var store = new FileArtifactStore(_folder);

        Assert.That(async () => await store.WriteAsync(new FailingStream()), Throws.InstanceOf<StorageException>());
        Assert.That(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task A_missing_artifact_is_a_typed_error_and_deleting_it_is_none()
    {
        var store = new FileArtifactStore(_folder);
        ContentHash hash = ContentHash.Of([9]);

        Assert.That(async () => await store.OpenReadAsync(hash), Throws.TypeOf<ArtifactNotFoundException>());
        Assert.That(await store.ExistsAsync(hash), Is.False);
        Assert.That(async () => await store.DeleteAsync(hash), Throws.Nothing);
    }

    private static async Task<byte[]> ReadAsync(FileArtifactStore store, ContentHash hash)
    {
        await using Stream stream = await store.OpenReadAsync(hash);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private sealed class FailingStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _reads++ < 3 ? new(buffer.Length) : throw new IOException("the source broke");
    }
}
