using Amazon.S3;
using Amazon.S3.Model;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>A prefix of the emulator's bucket.</summary>
internal sealed class S3Place : IArtifactPlace
{
    private readonly S3ArtifactOptions _options = S3Server.Options();
    private readonly AmazonS3Client _client = S3Server.SharedClient;

    public IArtifactStore Open() => new S3ArtifactStore(_client, _options);

    public async Task<byte[]?> ReadAsync(ContentHash hash)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(await _client.GetPreSignedURLAsync(
            new GetPreSignedUrlRequest { BucketName = _options.Bucket, Key = KeyOf(hash), Expires = DateTime.UtcNow.AddMinutes(5), Protocol = Protocol.HTTP })));
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync() : null;
    }

    public async Task ReplaceAsync(ContentHash hash, byte[]? content)
    {
        if (content is null)
        {
            await _client.DeleteObjectAsync(_options.Bucket, KeyOf(hash));
        }
        else
        {
            await AddAsync(hash.ToString(), content);
        }
    }

    public Task AddAsync(string name, byte[] content) => _client.PutObjectAsync(
        new PutObjectRequest { BucketName = _options.Bucket, Key = $"{_options.Prefix}/{name}", InputStream = new MemoryStream(content), UseChunkEncoding = false });

    public async Task<int> CountAsync()
    {
        ListObjectsV2Response page = await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix + "/" });
        return page.S3Objects?.Count ?? 0;
    }

    private string KeyOf(ContentHash hash) => $"{_options.Prefix}/{hash}";
}
