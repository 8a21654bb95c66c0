using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Mlops.Storage.AzureBlobs;

/// <summary>
/// Artifacts in a blob container, as <c>prefix/&lt;hash&gt;</c>. Small ones are put in one request, larger ones as a list of blocks; the service
/// checks every request's MD5. Retries are those of the client. Thread-safe.
/// </summary>
public sealed class AzureBlobArtifactStore : ObjectArtifactStore, IArtifactListing
{
    private const int MaximumBlocks = 50_000;
    private const int Attempts = 3;
    private const int BlockIdBytes = 12;
    private const int Retries = 3;
    private const string ContentType = "application/octet-stream";

    private static readonly UploadTransferValidationOptions Checked = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    private readonly BlobContainerClient _container;
    private readonly AzureBlobArtifactOptions _options;
    private readonly string _prefix;

    /// <summary>A store with a client of its own.</summary>
    /// <param name="connectionString">The storage account's; it holds a key, so read it from configuration or the environment.</param>
    /// <param name="container">The container, which must exist.</param>
    /// <param name="options">Prefix and block size; null for the defaults.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read, it leads to http without <c>AllowHttp</c>, or an option is out of its range.</exception>
    public AzureBlobArtifactStore(string connectionString, string container, AzureBlobArtifactOptions? options = null)
        : this(Connect(connectionString, container), options)
    {
    }

    /// <summary>A store with the host's client, for example with a managed identity.</summary>
    /// <param name="container">The container, which must exist.</param>
    /// <param name="options">Prefix and block size; null for the defaults.</param>
    /// <exception cref="ArgumentException">The client uses http without <c>AllowHttp</c>, or an option is out of its range.</exception>
    public AzureBlobArtifactStore(BlobContainerClient container, AzureBlobArtifactOptions? options = null)
        : base(options?.SpoolFolder)
    {
        ArgumentNullException.ThrowIfNull(container);
        _options = options ?? new AzureBlobArtifactOptions();
        AzureBlobArtifactOptionsValidator.ThrowIfInvalid(_options);
        if (container.Uri.Scheme != Uri.UriSchemeHttps && !_options.AllowHttp)
        {
            throw new ArgumentException(
                $"The container '{container.Name}' is reached by {container.Uri.Scheme}: artifacts would travel in the clear. Use https, or set AllowHttp where the network may see them.", nameof(container));
        }

        _container = container;
        _prefix = _options.Prefix.Length == 0 ? "" : _options.Prefix + "/";
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IAsyncEnumerator<BlobItem> blobs = _container
            .GetBlobsAsync(new GetBlobsOptions { Prefix = _prefix }, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (blobs.ConfigureAwait(false))
        {
            while (await CallAsync("Listing artifacts", _ => blobs.MoveNextAsync().AsTask(), cancellationToken).ConfigureAwait(false))
            {
                BlobItem blob = blobs.Current;
                if (ContentHash.TryParse(blob.Name.AsSpan(_prefix.Length), out ContentHash hash) && blob.Name == NameOf(hash))
                {
                    yield return new StoredArtifact(hash, blob.Properties.ContentLength ?? 0);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task PutAsync(SpooledArtifact artifact, bool replace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        BlobRequestConditions? condition = replace ? null : new BlobRequestConditions { IfNoneMatch = ETag.All };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await (artifact.Artifact.Length > _options.BlockBytes
                    ? PutInBlocksAsync(artifact, condition, cancellationToken)
                    : PutWholeAsync(artifact, condition, cancellationToken)).ConfigureAwait(false);
                return;
            }
            catch (RequestFailedException exception) when (!replace && (exception.ErrorCode == BlobErrorCode.BlobAlreadyExists || exception.Status == (int)HttpStatusCode.PreconditionFailed))
            {
                // Another upload of the same bytes was faster.
                return;
            }
            catch (RequestFailedException exception) when (attempt < Attempts && exception.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                // Another upload of the same bytes was faster, and with its list the service dropped the blocks of this one.
                if (!replace && await FindLengthAsync(artifact.Artifact.Hash, cancellationToken).ConfigureAwait(false) is not null)
                {
                    return;
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task<ObjectContent?> OpenAsync(ContentHash hash, long offset, long? length, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadOptions? part = length is { } count ? new BlobDownloadOptions { Range = new HttpRange(offset, count) } : null;
            BlobDownloadStreamingResult result = await BlobOf(hash).DownloadStreamingAsync(part, cancellationToken).ConfigureAwait(false);
            return new ObjectContent(result.Content, result.Details.ContentLength);
        }
        catch (RequestFailedException exception) when (IsMissing(exception))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override async Task<long?> FindLengthAsync(ContentHash hash, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties found = await BlobOf(hash).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return found.ContentLength;
        }
        catch (RequestFailedException exception) when (IsMissing(exception))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override Task RemoveAsync(ContentHash hash, CancellationToken cancellationToken) =>
        BlobOf(hash).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);

    /// <inheritdoc/>
    protected override StorageException? Explain(string attempt, Exception exception)
    {
        string place = $"{attempt} in container '{_container.Name}'";
        return exception switch
        {
            // After several attempts the client throws all of them together.
            AggregateException { InnerExceptions: [.., var last] } => Explain(attempt, last),
            RequestFailedException { Status: 0 } or HttpRequestException or WebException or IOException or TimeoutException or TaskCanceledException =>
                new StorageException($"{place}: the service was not reached or did not answer. Check its address and the network; try again.", exception) { IsTransient = true },
            RequestFailedException { Status: (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests or >= (int)HttpStatusCode.InternalServerError } service =>
                new StorageException($"{place}: the service answered {service.Status} {service.ErrorCode}. Try again.", exception) { IsTransient = true },
            RequestFailedException service =>
                new StorageException($"{place}: the service answered {service.Status} {service.ErrorCode}. Check that the container exists and that the credentials allow it.", exception),
            _ => null,
        };
    }

    /// <summary>A container that is missing is not a missing artifact. An answer to HEAD has no body, and the code comes in a header.</summary>
    private static bool IsMissing(RequestFailedException exception) =>
        exception.Status == (int)HttpStatusCode.NotFound && exception.ErrorCode != BlobErrorCode.ContainerNotFound;

    private static BlobContainerClient Connect(string connectionString, string container)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentException.ThrowIfNullOrWhiteSpace(container);
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = Retries;
        BlobContainerClient? client = null;
        try
        {
            client = new BlobContainerClient(connectionString, container, options);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // Not even as the cause of the next one: its message may repeat parts of the string.
        }

        return client ?? throw new ArgumentException(
            "The connection string of the storage account cannot be read; copy it again from the account's access keys.", nameof(connectionString));
    }

    private string NameOf(ContentHash hash) => _prefix + hash.ToString();

    private BlockBlobClient BlobOf(ContentHash hash) => _container.GetBlockBlobClient(NameOf(hash));

    private async Task PutWholeAsync(SpooledArtifact artifact, BlobRequestConditions? condition, CancellationToken cancellationToken)
    {
        Stream content = artifact.Open(0, artifact.Artifact.Length);
        await using (content.ConfigureAwait(false))
        {
            await BlobOf(artifact.Artifact.Hash).UploadAsync(
                content,
                new BlobUploadOptions { Conditions = condition, HttpHeaders = new BlobHttpHeaders { ContentType = ContentType }, TransferValidation = Checked },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing is to be seen before the list is committed; the service drops blocks that are never listed after a week.</summary>
    private async Task PutInBlocksAsync(SpooledArtifact artifact, BlobRequestConditions? condition, CancellationToken cancellationToken)
    {
        BlockBlobClient blob = BlobOf(artifact.Artifact.Hash);
        long length = artifact.Artifact.Length;
        long blockBytes = Math.Max(_options.BlockBytes, (length + MaximumBlocks - 1) / MaximumBlocks);

        // Uploads of the same bytes share their uncommitted blocks, which may have other sizes: no id twice.
        byte[] id = RandomNumberGenerator.GetBytes(BlockIdBytes);
        List<string> blocks = [];
        for (long offset = 0; offset < length; offset += blockBytes)
        {
            BitConverter.TryWriteBytes(id, blocks.Count);
            string block = Convert.ToBase64String(id);
            Stream content = artifact.Open(offset, Math.Min(blockBytes, length - offset));
            await using (content.ConfigureAwait(false))
            {
                await blob.StageBlockAsync(block, content, new BlockBlobStageBlockOptions { TransferValidation = Checked }, cancellationToken).ConfigureAwait(false);
            }

            blocks.Add(block);
        }

        await blob.CommitBlockListAsync(
            blocks, new CommitBlockListOptions { Conditions = condition, HttpHeaders = new BlobHttpHeaders { ContentType = ContentType } }, cancellationToken).ConfigureAwait(false);
    }
}
