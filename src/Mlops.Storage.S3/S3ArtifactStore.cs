using System.Net;
using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>
/// Artifacts in a bucket, as <c>prefix/&lt;hash&gt;</c>. Small ones are put in one request, larger ones in parts. The SDK retries a request
/// up to three times. Thread-safe.
/// </summary>
public sealed class S3ArtifactStore : ObjectArtifactStore, IArtifactListing, IDisposable
{
    private const int MaximumParts = 10_000;
    private const int Retries = 3;
    private const string ContentType = "application/octet-stream";
    private const string IfAbsent = "*";

    private readonly IAmazonS3 _client;
    private readonly bool _ownsClient;
    private readonly S3ArtifactOptions _options;
    private readonly string _prefix;
    private volatile bool _conditional = true;

    /// <summary>A store with a client of its own, whose credentials the SDK finds in the environment, a profile or the machine's role.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public S3ArtifactStore(S3ArtifactOptions options)
        : this(Checked(options), new AmazonS3Client(Configure(options)), ownsClient: true)
    {
    }

    /// <summary>A store with the host's client, which the host disposes of.</summary>
    /// <param name="client">
    /// Configure it with <c>RequestChecksumCalculation = WHEN_REQUIRED</c> for servers other than AWS. Its address and region are what counts,
    /// not those of the options.
    /// </param>
    /// <param name="options">Bucket, prefix and part size.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public S3ArtifactStore(IAmazonS3 client, S3ArtifactOptions options)
        : this(Checked(options), client, ownsClient: false) => ArgumentNullException.ThrowIfNull(client);

    private S3ArtifactStore(S3ArtifactOptions options, IAmazonS3 client, bool ownsClient)
        : base(options.SpoolFolder)
    {
        _options = options;
        _client = client;
        _ownsClient = ownsClient;
        _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _prefix };
        do
        {
            ListObjectsV2Response page = await CallAsync("Listing artifacts", token => _client.ListObjectsV2Async(request, token), cancellationToken).ConfigureAwait(false);

            // Null for an empty page.
            foreach (S3Object entry in page.S3Objects ?? [])
            {
                if (ContentHash.TryParse(entry.Key.AsSpan(_prefix.Length), out ContentHash hash) && entry.Key == KeyOf(hash))
                {
                    yield return new StoredArtifact(hash, entry.Size ?? 0);
                }
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <summary>Disposes of the store's own client.</summary>
    public void Dispose()
    {
        if (_ownsClient)
        {
            _client.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override async Task PutAsync(SpooledArtifact artifact, bool replace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        if (replace || !_conditional)
        {
            await PutAsync(artifact, condition: null, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await PutAsync(artifact, IfAbsent, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonS3Exception exception) when (exception.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            // Another upload of the same bytes was faster.
        }
        catch (AmazonS3Exception exception) when (exception.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotImplemented)
        {
            // A race, which the same bytes may decide either way, or a server without the condition.
            _conditional = exception.StatusCode == HttpStatusCode.Conflict;
            await PutAsync(artifact, condition: null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override async Task<ObjectContent?> OpenAsync(ContentHash hash, long offset, long? length, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _options.Bucket, Key = KeyOf(hash) };
        if (length is { } count)
        {
            request.ByteRange = new ByteRange(offset, offset + count - 1);
        }

        try
        {
            GetObjectResponse response = await _client.GetObjectAsync(request, cancellationToken).ConfigureAwait(false);
            return new ObjectContent(response.ResponseStream, response.ContentLength);
        }
        catch (AmazonS3Exception exception) when (IsMissing(exception))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override async Task<long?> FindLengthAsync(ContentHash hash, CancellationToken cancellationToken)
    {
        try
        {
            GetObjectMetadataResponse found = await _client.GetObjectMetadataAsync(_options.Bucket, KeyOf(hash), cancellationToken).ConfigureAwait(false);
            return found.ContentLength;
        }
        catch (AmazonS3Exception exception) when (IsMissing(exception))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override Task RemoveAsync(ContentHash hash, CancellationToken cancellationToken) =>
        _client.DeleteObjectAsync(_options.Bucket, KeyOf(hash), cancellationToken);

    /// <inheritdoc/>
    protected override StorageException? Explain(string attempt, Exception exception)
    {
        string place = $"{attempt} in bucket '{_options.Bucket}'";
        return exception switch
        {
            AmazonServiceException { StatusCode: default(HttpStatusCode) } or HttpRequestException or WebException or IOException or TimeoutException or TaskCanceledException =>
                new StorageException($"{place}: the server was not reached or did not answer. Check its address and the network; try again.", exception) { IsTransient = true },
            AmazonServiceException service when IsTransient(service.StatusCode) =>
                new StorageException($"{place}: the server answered {(int)service.StatusCode} {service.ErrorCode}. Try again.", exception) { IsTransient = true },
            AmazonServiceException service =>
                new StorageException($"{place}: the server answered {(int)service.StatusCode} {service.ErrorCode}. Check that the bucket exists and that the credentials allow it.", exception),
            AmazonClientException =>
                new StorageException($"{place}: the request could not be sent. Check that the AWS SDK finds credentials.", exception),
            _ => null,
        };
    }

    private static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented;

    /// <summary>A bucket that is missing is not a missing artifact.</summary>
    private static bool IsMissing(AmazonS3Exception exception) => exception.StatusCode == HttpStatusCode.NotFound && exception.ErrorCode != "NoSuchBucket";

    private static S3ArtifactOptions Checked(S3ArtifactOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        S3ArtifactOptionsValidator.ThrowIfInvalid(options);
        return options;
    }

    internal static AmazonS3Config Configure(S3ArtifactOptions options)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.ForcePathStyle,
            MaxErrorRetry = Retries,

            // Other servers do not know the checksums that the SDK would add; the signature covers the body.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.ServiceUrl is { } url)
        {
            config.ServiceURL = url.AbsoluteUri;
            config.UseHttp = url.Scheme == Uri.UriSchemeHttp;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else if (options.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        return config;
    }

    private string KeyOf(ContentHash hash) => _prefix + hash.ToString();

    private Task PutAsync(SpooledArtifact artifact, string? condition, CancellationToken cancellationToken) =>
        artifact.Artifact.Length > _options.PartBytes
            ? PutInPartsAsync(artifact, condition, cancellationToken)
            : PutWholeAsync(artifact, condition, cancellationToken);

    private async Task PutWholeAsync(SpooledArtifact artifact, string? condition, CancellationToken cancellationToken)
    {
        await _client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = _options.Bucket,
                Key = KeyOf(artifact.Artifact.Hash),
                InputStream = artifact.Open(0, artifact.Artifact.Length),
                ContentType = ContentType,
                IfNoneMatch = condition,

                // AWS refuses a body that hashes to something else.
                ChecksumSHA256 = Convert.ToBase64String(artifact.Artifact.Hash.ToArray()),

                // In chunks the body is framed, and servers that do not know the framing keep it as part of the object and say that all is well.
                UseChunkEncoding = false,
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task PutInPartsAsync(SpooledArtifact artifact, string? condition, CancellationToken cancellationToken)
    {
        string key = KeyOf(artifact.Artifact.Hash);
        InitiateMultipartUploadResponse upload = await _client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = _options.Bucket, Key = key, ContentType = ContentType }, cancellationToken).ConfigureAwait(false);
        try
        {
            var complete = new CompleteMultipartUploadRequest { BucketName = _options.Bucket, Key = key, UploadId = upload.UploadId, IfNoneMatch = condition, PartETags = [] };
            long length = artifact.Artifact.Length;
            long partBytes = Math.Max(_options.PartBytes, (length + MaximumParts - 1) / MaximumParts);
            for (long offset = 0; offset < length; offset += partBytes)
            {
                long count = Math.Min(partBytes, length - offset);
                UploadPartResponse part = await _client.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = _options.Bucket,
                        Key = key,
                        UploadId = upload.UploadId,
                        PartNumber = complete.PartETags.Count + 1,
                        PartSize = count,
                        InputStream = artifact.Open(offset, count),
                        UseChunkEncoding = false,
                    },
                    cancellationToken).ConfigureAwait(false);
                complete.PartETags.Add(new PartETag(part));
            }

            await _client.CompleteMultipartUploadAsync(complete, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await AbortAsync(key, upload.UploadId).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Parts that nothing completes are kept and paid for.</summary>
    private async Task AbortAsync(string key, string uploadId)
    {
        try
        {
            await _client.AbortMultipartUploadAsync(
                new AbortMultipartUploadRequest { BucketName = _options.Bucket, Key = key, UploadId = uploadId }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (Explain("", exception) is not null)
        {
            // What was thrown before says why. A lifecycle rule of the bucket removes what could not be aborted.
        }
    }
}
