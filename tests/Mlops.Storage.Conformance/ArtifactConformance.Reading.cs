using CsCheck;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

public abstract partial class ArtifactConformance
{
    [Test]
    public async Task The_store_keeps_exactly_the_bytes_that_were_uploaded()
    {
        ArtifactCatalog catalog = Catalog(_database);
        foreach (int size in new[] { 0, 1, 300_000 })
        {
            byte[] content = Bytes(size);
            await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));

            Assert.That(await _place.ReadAsync(upload.Artifact.Hash), Is.EqualTo(content), $"{size} bytes");
        }
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(100_000)]
    public async Task A_damaged_byte_is_noticed_when_the_artifact_is_read(int damaged)
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(100_001);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        byte[] other = [.. content];
        other[damaged] ^= 1;
        await _place.ReplaceAsync(upload.Artifact.Hash, other);

        ArtifactCorruptException? refused = await Assert.ThrowsAsync<ArtifactCorruptException>(() => catalog.ReadAllBytesAsync(upload.Artifact.Hash, content.Length).AsTask());
        Assert.That(refused!.Actual, Is.EqualTo(ContentHash.Of(other)));
    }

    [Test]
    public async Task A_part_is_what_the_whole_has_there()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(10_000);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));

        await Gen.Select(Gen.Int[0, content.Length], Gen.Int[0, content.Length + 10], Gen.Bool).SampleAsync(
            async (offset, length, rest) =>
            {
                byte[] part = await ReadPartAsync(catalog, upload.Artifact.Hash, offset, rest ? null : length);
                byte[] expected = [.. content.Skip(offset).Take(rest ? content.Length : length)];
                return part.AsSpan().SequenceEqual(expected);
            },
            iter: 60, threads: 1, seed: "0000000000001");
    }

    [TestCase(0, 0)]
    [TestCase(10, null)]
    [TestCase(10, 5)]
    [TestCase(4, 0)]
    public async Task A_part_may_be_empty(long offset, long? length)
    {
        ArtifactCatalog catalog = Catalog(_database);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(Bytes(10)));

        Assert.That(await ReadPartAsync(catalog, upload.Artifact.Hash, offset, length), Is.Empty);
        Assert.That(await ReadPartAsync(_place.Open(), upload.Artifact.Hash, offset, length), Is.Empty);
    }

    [Test]
    public async Task A_part_behind_the_end_is_refused_with_the_length()
    {
        ArtifactCatalog catalog = Catalog(_database);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(Bytes(10)));
        ContentHash hash = upload.Artifact.Hash;
        IArtifactStore store = _place.Open();

        foreach (Func<Task> read in new Func<Task>[] { () => catalog.OpenRangeAsync(hash, 11).AsTask(), () => store.OpenRangeAsync(hash, 11, 1).AsTask() })
        {
            ArtifactRangeException? refused = await Assert.ThrowsAsync<ArtifactRangeException>(read.Invoke);
            Assert.That((refused!.Hash, refused.Offset, refused.Length), Is.EqualTo((hash, 11L, 10L)));
        }
    }

    [Test]
    public void A_part_with_a_negative_bound_is_refused_at_once()
    {
        ArtifactCatalog catalog = Catalog(_database);
        IArtifactStore store = _place.Open();
        ContentHash hash = ContentHash.Of([1]);

        Assert.That(() => catalog.OpenRangeAsync(hash, -1), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("offset"));
        Assert.That(() => catalog.OpenRangeAsync(hash, 0, -1), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("length"));
        Assert.That(() => store.OpenRangeAsync(hash, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => store.OpenRangeAsync(hash, 0, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_part_of_what_is_not_stored_is_not_found()
    {
        ContentHash hash = ContentHash.Of("nowhere"u8);

        Assert.That(async () => await Catalog(_database).OpenRangeAsync(hash, 0), Throws.TypeOf<ArtifactNotFoundException>());
        Assert.That(async () => await _place.Open().OpenRangeAsync(hash, 0), Throws.TypeOf<ArtifactNotFoundException>());
    }

    [TestCase(0, null)]
    [TestCase(5, null)]
    [TestCase(0, 10)]
    public async Task A_part_of_an_artifact_that_was_cut_short_is_refused(long offset, long? length)
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(10);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        await _place.ReplaceAsync(upload.Artifact.Hash, content[..4]);

        ArtifactCorruptException? refused = await Assert.ThrowsAsync<ArtifactCorruptException>(() => catalog.OpenRangeAsync(upload.Artifact.Hash, offset, length).AsTask());
        Assert.That((refused!.Actual, refused.Message), Is.EqualTo(((ContentHash?)null, $"Reading artifact {upload.Artifact.Hash}: 10 bytes were stored, and the store holds 4. Restore the artifact from a backup.")));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(300_000)]
    public async Task A_download_has_the_bytes_and_leaves_nothing_beside_them(int size)
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(size);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        string target = Path.Combine(_folder, "down", "model.onnx");

        Assert.That(await catalog.DownloadAsync(upload.Artifact.Hash, target), Is.EqualTo(upload.Artifact));
        Assert.That(await catalog.DownloadAsync(upload.Artifact.Hash, target), Is.EqualTo(upload.Artifact), "over the first one");

        Assert.That(await File.ReadAllBytesAsync(target), Is.EqualTo(content));
        Assert.That(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!), Is.EqualTo(new[] { target }));
    }

    [Test]
    public async Task A_download_goes_on_where_the_last_one_broke_off()
    {
        byte[] content = Bytes(300_000);
        await using ArtifactUpload upload = await Catalog(_database).UploadAsync(new MemoryStream(content));
        ContentHash hash = upload.Artifact.Hash;
        var store = new BreakingStore(_place.Open(), bytes: 200_000);
        var catalog = new ArtifactCatalog(_database, store, new LeaseTable(_database, _clock));
        string target = Path.Combine(_folder, "model.onnx");

        Assert.That(() => catalog.DownloadAsync(hash, target), Throws.TypeOf<StorageException>().With.Property("IsTransient").True);
        Assert.That(File.Exists(target), Is.False);
        await catalog.DownloadAsync(hash, target);

        Assert.That(await File.ReadAllBytesAsync(target), Is.EqualTo(content));
        Assert.That(store.Offsets, Is.EqualTo(new long[] { 0, 200_000 }));
    }

    [TestCase(100, 7)]
    [TestCase(100_001, 7)]
    [TestCase(300_000, 7)]
    [TestCase(300_010, 7)]
    public async Task What_a_download_finds_wrong_of_an_earlier_one_is_fetched_again(int kept, int wrong)
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(300_000);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        string target = Path.Combine(_folder, "model.onnx");
        byte[] partial = [.. content, .. new byte[20]];
        partial[wrong] ^= 1;
        await File.WriteAllBytesAsync($"{target}.{upload.Artifact.Hash.ToString()[..16]}.partial", partial[..kept]);

        await catalog.DownloadAsync(upload.Artifact.Hash, target);

        Assert.That(await File.ReadAllBytesAsync(target), Is.EqualTo(content));
    }

    [Test]
    public async Task A_download_of_damaged_bytes_leaves_the_old_file_and_nothing_else()
    {
        ArtifactCatalog catalog = Catalog(_database);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream([1, 2, 3, 4]));
        await _place.ReplaceAsync(upload.Artifact.Hash, [1, 2, 3, 5]);
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "down")).FullName;
        string target = Path.Combine(folder, "model.onnx");
        await File.WriteAllTextAsync(target, "before");

        Assert.That(() => catalog.DownloadAsync(upload.Artifact.Hash, target), Throws.TypeOf<ArtifactCorruptException>());

        Assert.That(await File.ReadAllTextAsync(target), Is.EqualTo("before"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder), Is.EqualTo(new[] { target }));
    }

    [Test]
    public async Task A_download_of_what_is_not_stored_leaves_nothing()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "down")).FullName;

        await Assert.ThrowsAsync<ArtifactNotFoundException>(() => Catalog(_database).DownloadAsync(ContentHash.Of("nowhere"u8), Path.Combine(folder, "model.onnx")));

        Assert.That(Directory.EnumerateFileSystemEntries(folder), Is.Empty);
    }

    [Test]
    public async Task Two_downloads_to_one_file_do_not_mix()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(300_000);
        await using ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(content));
        string target = Path.Combine(_folder, "model.onnx");
        await using (new FileStream($"{target}.{upload.Artifact.Hash.ToString()[..16]}.partial", FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.That(() => catalog.DownloadAsync(upload.Artifact.Hash, target), Throws.TypeOf<StorageException>().With.Property("IsTransient").True);
        }

        await catalog.DownloadAsync(upload.Artifact.Hash, target);
        Assert.That(await File.ReadAllBytesAsync(target), Is.EqualTo(content));
    }

    private static async Task<byte[]> ReadPartAsync(ArtifactCatalog catalog, ContentHash hash, long offset, long? length)
    {
        await using Stream part = await catalog.OpenRangeAsync(hash, offset, length);
        return await ReadAsync(part);
    }

    private static async Task<byte[]> ReadPartAsync(IArtifactStore store, ContentHash hash, long offset, long? length)
    {
        await using Stream part = await store.OpenRangeAsync(hash, offset, length);
        return await ReadAsync(part);
    }

    private static async Task<byte[]> ReadAsync(Stream part)
    {
        long announced = part.Length;
        var bytes = new MemoryStream();
        await part.CopyToAsync(bytes);
        Assert.That(bytes, Has.Length.EqualTo(announced));
        return bytes.ToArray();
    }

    /// <summary>Breaks the first part off after some bytes, and remembers where parts were asked for.</summary>
    private sealed class BreakingStore(IArtifactStore store, int bytes) : IArtifactStore
    {
        public List<long> Offsets { get; } = [];

        public ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default) => store.StageAsync(content, cancellationToken);

        public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.OpenReadAsync(hash, cancellationToken);

        public async ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default)
        {
            Offsets.Add(offset);
            Stream part = await store.OpenRangeAsync(hash, offset, length, cancellationToken);
            return Offsets.Count == 1 ? new BreakingStream(part, bytes) : part;
        }

        public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.ExistsAsync(hash, cancellationToken);

        public ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.DeleteAsync(hash, cancellationToken);
    }
}
