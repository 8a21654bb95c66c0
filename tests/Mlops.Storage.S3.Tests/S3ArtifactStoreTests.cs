using Amazon.S3;
using Amazon.S3.Model;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>The store on the emulator: what the suite of all stores does not ask.</summary>
[TestFixture]
public sealed class S3ArtifactStoreTests
{
    private const int Megabyte = 1 << 20;

    [Test]
    public async Task An_artifact_of_many_parts_is_kept_whole_and_read_whole()
    {
        S3ArtifactOptions options = S3Server.Options();
        var requests = new Requests();
        using AmazonS3Client client = S3Server.Client(S3Server.Shared.Url, requests);
        using var store = new S3ArtifactStore(client, options);
        byte[] content = Bytes((20 * Megabyte) + 1);

        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(content));
        await staged.PublishAsync();

        Assert.That(requests.Methods, Is.EqualTo(new[] { "HEAD", "POST", "PUT", "PUT", "PUT", "PUT", "PUT", "POST", "HEAD" }));
        using GetObjectResponse kept = await client.GetObjectAsync(options.Bucket, $"{options.Prefix}/{staged.Artifact.Hash}");
        var bytes = new MemoryStream();
        await kept.ResponseStream.CopyToAsync(bytes);
        Assert.That(bytes.ToArray().AsSpan().SequenceEqual(content), Is.True);
        await using Stream read = await store.OpenReadAsync(staged.Artifact.Hash);
        Assert.That(await ContentHashOfAsync(read), Is.EqualTo(staged.Artifact.Hash));
    }

    [Test]
    public async Task What_is_there_and_intact_is_not_sent_again()
    {
        S3ArtifactOptions options = S3Server.Options();
        var requests = new Requests();
        using AmazonS3Client client = S3Server.Client(S3Server.Shared.Url, requests);
        using var store = new S3ArtifactStore(client, options);
        for (int i = 0; i < 2; i++)
        {
            await using StagedArtifact staged = await store.StageAsync(new MemoryStream([1, 2, 3]));
            await staged.PublishAsync();
        }

        Assert.That(requests.Methods, Is.EqualTo(new[] { "HEAD", "PUT", "HEAD", "HEAD", "GET" }));
    }

    [Test]
    public async Task When_the_server_dies_in_the_middle_the_failure_is_transient_and_nothing_is_to_be_seen()
    {
        using ObjectStoreEmulator server = ObjectStoreEmulator.StartS3();
        S3ArtifactOptions options = S3Server.Options(server.Url);
        var requests = new Requests();
        using AmazonS3Client client = S3Server.Client(server.Url, requests);
        using var store = new S3ArtifactStore(client, options);
        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(Bytes(12 * Megabyte)));
        requests.Before = sent =>
        {
            // HEAD, initiate, two parts; the third never arrives.
            if (sent == 5)
            {
                server.Kill();
            }
        };

        StorageException? failed = await Assert.ThrowsAsync<StorageException>(() => staged.PublishAsync().AsTask());
        Assert.That(failed!.IsTransient, Is.True);
        requests.Before = null;
        server.Restart();

        Assert.That(await store.ExistsAsync(staged.Artifact.Hash), Is.False);
        Assert.That(await ListAsync(store), Is.Empty);
        await staged.PublishAsync();
        Assert.That(await store.ExistsAsync(staged.Artifact.Hash), Is.True);
    }

    [Test]
    public async Task A_multipart_upload_that_fails_is_aborted()
    {
        S3ArtifactOptions options = S3Server.Options();
        var requests = new Requests { Before = static sent => { if (sent == 4) { throw new HttpRequestException("The connection broke."); } } };
        using AmazonS3Client client = S3Server.Client(S3Server.Shared.Url, requests);
        using var store = new S3ArtifactStore(client, options);
        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(Bytes(12 * Megabyte)));

        Assert.That(async () => await staged.PublishAsync(), Throws.TypeOf<StorageException>().With.Property("IsTransient").True);

        Assert.That(requests.Methods[^1], Is.EqualTo("DELETE"));
        Assert.That(await store.ExistsAsync(staged.Artifact.Hash), Is.False);
    }

    [Test]
    public async Task A_bucket_that_is_missing_is_no_missing_artifact()
    {
        S3ArtifactOptions options = S3Server.Options();
        options.Bucket = "no-such-bucket";
        using var store = new S3ArtifactStore(options);

        StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => store.OpenReadAsync(ContentHash.Of([1])).AsTask());
        Assert.That((refused!.IsTransient, refused.Message), Is.EqualTo((false, $"Reading artifact {ContentHash.Of([1])} in bucket 'no-such-bucket': the server answered 404 NoSuchBucket. Check that the bucket exists and that the credentials allow it.")));
    }

    [Test]
    public async Task An_artifact_waits_in_the_spool_folder_without_a_name()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"mlops-s3-{Guid.NewGuid():N}");
        S3ArtifactOptions options = S3Server.Options();
        options.SpoolFolder = folder;
        using var store = new S3ArtifactStore(options);

        await using (StagedArtifact staged = await store.StageAsync(new MemoryStream([1, 2, 3])))
        {
            Assert.That(Directory.EnumerateFileSystemEntries(folder).Count(), Is.EqualTo(OperatingSystem.IsWindows() ? 1 : 0));
        }

        Assert.That(Directory.EnumerateFileSystemEntries(folder), Is.Empty);
        Directory.Delete(folder);
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task<ContentHash> ContentHashOfAsync(Stream stream) => new(await System.Security.Cryptography.SHA256.HashDataAsync(stream));

    private static async Task<List<StoredArtifact>> ListAsync(S3ArtifactStore store)
    {
        List<StoredArtifact> all = [];
        await foreach (StoredArtifact artifact in store.ListAsync())
        {
            all.Add(artifact);
        }

        return all;
    }
}
