using System.Net;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

public sealed partial class MlflowTrackingStore
{
    /// <inheritdoc/>
    /// <remarks>Repeated only where the content can be read again from where it began.</remarks>
    /// <exception cref="NotSupportedException">The run's artifacts are not behind the server's proxy.</exception>
    public async Task<RunArtifact> LogArtifactAsync(string runId, string name, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        MlflowRun run = await RequireActiveAsync(runId, cancellationToken).ConfigureAwait(false);
        long begin = content.CanSeek ? content.Position : 0;
        return await AskOfRunAsync(
            runId,
            async () =>
            {
                if (content.CanSeek)
                {
                    content.Position = begin;
                }

                (ContentHash hash, long length) = await _client.UploadAsync(run, name, content, cancellationToken).ConfigureAwait(false);
                return new RunArtifact(name, hash, length, _time.GetUtcNow());
            },
            cancellationToken,
            content.CanSeek ? null : 1).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>The server's bytes are not verified: it tells no hash.</remarks>
    public async Task<Stream> OpenArtifactAsync(string runId, string name, CancellationToken cancellationToken)
    {
        MlflowRun run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskAsync(() => _client.OpenArtifactAsync(run, name, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.Status is HttpStatusCode.NotFound or HttpStatusCode.InternalServerError)
        {
            // Servers of MLflow answer 500 for a file that is not there: the list tells it from a failure.
            List<(string Name, long Length)> files = await ListFilesAsync(runId, cancellationToken).ConfigureAwait(false);
            if (!files.Exists(file => file.Name == name))
            {
                throw new RunArtifactNotFoundException(runId, name);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Without hashes and times, which the server does not tell.</remarks>
    public async Task<IReadOnlyList<RunArtifact>> ListArtifactsAsync(string runId, CancellationToken cancellationToken) =>
        [.. (await ListFilesAsync(runId, cancellationToken).ConfigureAwait(false)).OrderBy(static file => file.Name, StringComparer.Ordinal)
            .Select(static file => new RunArtifact(file.Name, default, file.Length, DateTimeOffset.UnixEpoch))];

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The run's artifacts are not behind the server's proxy.</exception>
    public async Task<bool> RemoveArtifactAsync(string runId, string name, CancellationToken cancellationToken)
    {
        MlflowRun run = await RequireActiveAsync(runId, cancellationToken).ConfigureAwait(false);
        List<(string Name, long Length)> files = await ListFilesAsync(runId, cancellationToken).ConfigureAwait(false);
        if (!files.Exists(file => file.Name == name))
        {
            return false;
        }

        await AskOfRunAsync(runId, () => _client.RemoveArtifactAsync(run, name, cancellationToken), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private Task<List<(string Name, long Length)>> ListFilesAsync(string runId, CancellationToken cancellationToken) =>
        AskOfRunAsync(runId, () => _client.ListFilesAsync(runId, cancellationToken), cancellationToken);
}
