using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>The store on the emulator: what the suite of all stores does not ask.</summary>
[TestFixture]
public sealed class AzureBlobArtifactStoreTests
{
    private const int Megabyte = 1 << 20;

    [Test]
    public async Task An_artifact_of_many_blocks_is_kept_whole_and_read_whole()
    {
        AzureBlobArtifactOptions options = AzureServer.Options();
        var requests = new Requests();
        var store = new AzureBlobArtifactStore(AzureServer.Connect(AzureServer.Shared, requests), options);
        byte[] content = Bytes((20 * Megabyte) + 1);

        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(content));
        await staged.PublishAsync();

        Assert.That(requests.Sent, Is.EqualTo(new[] { "HEAD", "PUT block", "PUT block", "PUT block", "PUT block", "PUT block", "PUT* list", "HEAD" }));
        BlobDownloadResult kept = await AzureServer.SharedClient.GetBlobClient($"{options.Prefix}/{staged.Artifact.Hash}").DownloadContentAsync();
        Assert.That(kept.Content.ToMemory().Span.SequenceEqual(content), Is.True);
        await using Stream read = await store.OpenReadAsync(staged.Artifact.Hash);
        Assert.That(new ContentHash(await SHA256.HashDataAsync(read)), Is.EqualTo(staged.Artifact.Hash));
    }

    [TestCase(6 * Megabyte, "PUT* list")]
    [TestCase(3, "PUT*")]
    public async Task An_upload_that_another_one_of_the_same_bytes_overtakes_succeeds(int size, string overtaken)
    {
        AzureBlobArtifactOptions options = AzureServer.Options();
        byte[] content = Bytes(size);
        var requests = new Requests();
        var slow = new AzureBlobArtifactStore(AzureServer.Connect(AzureServer.Shared, requests), options);
        await using StagedArtifact staged = await slow.StageAsync(new MemoryStream(content));
        requests.Before = async what =>
        {
            // Its list drops the blocks that the slow one has staged.
            if (what == overtaken)
            {
                requests.Before = null;
                var fast = new AzureBlobArtifactStore(AzureServer.SharedClient, options);
                await using StagedArtifact same = await fast.StageAsync(new MemoryStream(content));
                await same.PublishAsync();
            }
        };

        await staged.PublishAsync();

        Assert.That(requests.Before, Is.Null);
        await using Stream read = await slow.OpenReadAsync(ContentHash.Of(content));
        Assert.That(new ContentHash(await SHA256.HashDataAsync(read)), Is.EqualTo(ContentHash.Of(content)));
    }

    [Test]
    public async Task Replacing_damaged_bytes_while_another_upload_does_the_same_succeeds()
    {
        AzureBlobArtifactOptions options = AzureServer.Options();
        byte[] content = Bytes(6 * Megabyte);
        var requests = new Requests();
        var slow = new AzureBlobArtifactStore(AzureServer.Connect(AzureServer.Shared, requests), options);
        await AzureServer.SharedClient.GetBlobClient($"{options.Prefix}/{ContentHash.Of(content)}").UploadAsync(new BinaryData("damaged"u8.ToArray()));
        await using StagedArtifact staged = await slow.StageAsync(new MemoryStream(content));
        requests.Before = async what =>
        {
            if (what == "PUT list")
            {
                requests.Before = null;
                var fast = new AzureBlobArtifactStore(AzureServer.SharedClient, options);
                await using StagedArtifact same = await fast.StageAsync(new MemoryStream(content));
                await same.PublishAsync();
            }
        };

        await staged.PublishAsync();

        await using Stream read = await slow.OpenReadAsync(ContentHash.Of(content));
        Assert.That(new ContentHash(await SHA256.HashDataAsync(read)), Is.EqualTo(ContentHash.Of(content)));
    }

    [Test]
    public async Task What_is_there_and_intact_is_not_sent_again()
    {
        var requests = new Requests();
        var store = new AzureBlobArtifactStore(AzureServer.Connect(AzureServer.Shared, requests), AzureServer.Options());
        for (int i = 0; i < 2; i++)
        {
            await using StagedArtifact staged = await store.StageAsync(new MemoryStream([1, 2, 3]));
            await staged.PublishAsync();
        }

        Assert.That(requests.Sent, Is.EqualTo(new[] { "HEAD", "PUT*", "HEAD", "HEAD", "GET" }));
    }

    [Test]
    public async Task When_the_server_dies_in_the_middle_the_failure_is_transient_and_nothing_is_to_be_seen()
    {
        using ObjectStoreEmulator server = ObjectStoreEmulator.StartAzureBlobs();
        await AzureServer.Connect(server).CreateAsync();
        var requests = new Requests();
        var store = new AzureBlobArtifactStore(AzureServer.Connect(server, requests), AzureServer.Options());
        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(Bytes(12 * Megabyte)));
        requests.Before = what =>
        {
            if (what == "PUT block" && requests.Sent.Length == 4)
            {
                server.Kill();
            }

            return Task.CompletedTask;
        };

        StorageException? failed = await Assert.ThrowsAsync<StorageException>(() => staged.PublishAsync().AsTask());
        Assert.That(failed!.IsTransient, Is.True);
        requests.Before = null;
        server.Restart();

        // What a killed Azurite wrote last may be gone, the container among it.
        await AzureServer.Connect(server).CreateIfNotExistsAsync();
        Assert.That(await store.ExistsAsync(staged.Artifact.Hash), Is.False);
        Assert.That(await ListAsync(store), Is.Empty);
        await staged.PublishAsync();
        Assert.That(await store.ExistsAsync(staged.Artifact.Hash), Is.True);
    }

    [Test]
    public async Task A_container_that_is_missing_is_no_missing_artifact()
    {
        var store = new AzureBlobArtifactStore(AzureServer.Shared.AzureConnectionString, "no-such-container", AzureServer.Options());

        foreach (Func<Task> call in new Func<Task>[]
        {
            () => store.OpenReadAsync(ContentHash.Of([1])).AsTask(),
            () => store.ExistsAsync(ContentHash.Of([1])).AsTask(),
            () => ListAsync(store),
        })
        {
            StorageException? refused = await Assert.ThrowsAsync<StorageException>(call.Invoke);
            Assert.That((refused!.IsTransient, refused.GetType()), Is.EqualTo((false, typeof(StorageException))));
            Assert.That(refused.Message, Does.EndWith("in container 'no-such-container': the service answered 404 ContainerNotFound. Check that the container exists and that the credentials allow it."));
        }
    }

    [Test]
    public async Task A_refusal_of_the_credentials_is_final_and_does_not_repeat_them()
    {
        string wrong = AzureServer.Shared.AzureConnectionString.Replace("Eby8", "Eby9", StringComparison.Ordinal);
        var store = new AzureBlobArtifactStore(wrong, AzureServer.Container, AzureServer.Options());

        StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => store.OpenReadAsync(ContentHash.Of([1])).AsTask());

        Assert.That(refused!.IsTransient, Is.False);
        Assert.That(refused.Message, Does.Contain("403 AuthorizationFailure").Or.Contain("403 AuthenticationFailed"));
        Assert.That(refused.ToString(), Does.Not.Contain("Eby9"));
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task<List<StoredArtifact>> ListAsync(AzureBlobArtifactStore store)
    {
        List<StoredArtifact> all = [];
        await foreach (StoredArtifact artifact in store.ListAsync())
        {
            all.Add(artifact);
        }

        return all;
    }
}
