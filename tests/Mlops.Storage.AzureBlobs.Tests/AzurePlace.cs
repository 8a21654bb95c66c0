using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>A prefix of the emulator's container.</summary>
internal sealed class AzurePlace : IArtifactPlace
{
    private readonly AzureBlobArtifactOptions _options = AzureServer.Options();
    private readonly BlobContainerClient _client = AzureServer.SharedClient;

    public IArtifactStore Open() => new AzureBlobArtifactStore(_client, _options);

    public async Task<byte[]?> ReadAsync(ContentHash hash)
    {
        try
        {
            BlobDownloadResult result = await BlobOf(hash).DownloadContentAsync();
            return result.Content.ToArray();
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return null;
        }
    }

    public async Task ReplaceAsync(ContentHash hash, byte[]? content)
    {
        if (content is null)
        {
            await BlobOf(hash).DeleteAsync();
        }
        else
        {
            await AddAsync(hash.ToString(), content);
        }
    }

    public Task AddAsync(string name, byte[] content) => _client.GetBlobClient($"{_options.Prefix}/{name}").UploadAsync(new BinaryData(content), overwrite: true);

    public async Task<int> CountAsync()
    {
        int count = 0;
        await foreach (BlobItem _ in _client.GetBlobsAsync(new GetBlobsOptions { Prefix = _options.Prefix + "/" }))
        {
            count++;
        }

        return count;
    }

    private BlobClient BlobOf(ContentHash hash) => _client.GetBlobClient($"{_options.Prefix}/{hash}");
}
