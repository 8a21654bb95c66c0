using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Mlflow;

public sealed partial class MlflowClient
{
    private const string Proxy = "api/2.0/mlflow-artifacts/artifacts/";
    private const string ProxyScheme = "mlflow-artifacts:/";
    private const int MaximumFolderDepth = 16;
    private const int MaximumFolders = 10_000;
    private const string ListFiles = "artifacts/list";

    /// <summary>The names of every file of a run, whatever folder it is in.</summary>
    /// <exception cref="MlflowException">The server refused.</exception>
    public async Task<IReadOnlyList<string>> ListArtifactsAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return (await ListFilesAsync(runId, cancellationToken).ConfigureAwait(false)).ConvertAll(static file => file.Name);
    }

    /// <summary>Sends a file to a run through the server.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The file's name, which may hold slashes.</param>
    /// <param name="content">Read to its end and left open.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="ArgumentException">A segment of the name is empty, <c>.</c> or <c>..</c>.</exception>
    /// <exception cref="NotSupportedException">The run's artifacts are not behind the server's proxy.</exception>
    /// <exception cref="MlflowException">The server refused.</exception>
    public Task UploadArtifactAsync(MlflowRun run, string name, Stream content, CancellationToken cancellationToken = default) =>
        UploadAsync(run, name, content, cancellationToken);

    /// <summary>Sends a file, and says what was sent.</summary>
    internal async Task<(ContentHash Hash, long Length)> UploadAsync(MlflowRun run, string name, Stream content, CancellationToken cancellationToken)
    {
        string path = ProxyPathOf(run, name) ?? throw new NotSupportedException(
            "The run's artifacts are not behind the server's proxy (mlflow-artifacts:/); start the server with --serve-artifacts.");
        ArgumentNullException.ThrowIfNull(content);
        HttpRequestMessage request = Request(HttpMethod.Put, path);
        using var sent = new SentStream(content);
        request.Content = new StreamContent(sent);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return (sent.Hash, sent.Count);
    }

    /// <summary>Opens a file of a run through the server: its proxy, or where the artifacts are not behind that, <c>/get-artifact</c>.</summary>
    /// <exception cref="ArgumentException">A segment of the name is empty, <c>.</c> or <c>..</c>.</exception>
    /// <exception cref="MlflowException">The server refused, or the run has no such file.</exception>
    public async Task<Stream> OpenArtifactAsync(MlflowRun run, string name, CancellationToken cancellationToken = default)
    {
        string path = ProxyPathOf(run, name) ?? $"get-artifact?run_id={Uri.EscapeDataString(run.Id)}&path={Uri.EscapeDataString(name)}";
        using HttpRequestMessage request = Request(HttpMethod.Get, path);
        HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        }

        using (response)
        {
            throw Refused(request, response, default);
        }
    }

    /// <summary>Removes a file of a run through the server.</summary>
    /// <exception cref="NotSupportedException">The run's artifacts are not behind the server's proxy.</exception>
    internal Task RemoveArtifactAsync(MlflowRun run, string name, CancellationToken cancellationToken)
    {
        string path = ProxyPathOf(run, name) ?? throw new NotSupportedException(
            "The run's artifacts are not behind the server's proxy (mlflow-artifacts:/); start the server with --serve-artifacts.");
        HttpRequestMessage request = Request(HttpMethod.Delete, path);

        // Servers answer an error to a DELETE without a body.
        request.Content = new ReadOnlyMemoryContent("{}"u8.ToArray());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(request, cancellationToken);
    }

    internal async Task<List<(string Name, long Length)>> ListFilesAsync(string runId, CancellationToken cancellationToken)
    {
        List<(string Name, long Length)> files = [];
        Queue<(string Path, int Depth)> folders = new([("", 0)]);
        for (int asked = 0; folders.TryDequeue(out (string Path, int Depth) folder); asked++)
        {
            if (asked == MaximumFolders)
            {
                throw new MlflowException(Api + ListFiles, HttpStatusCode.OK, "", $"the run has more than {MaximumFolders} folders of artifacts, which are not all listed.");
            }

            foreach ((string path, long length, bool isFolder) in await ListFolderAsync(runId, folder.Path, cancellationToken).ConfigureAwait(false))
            {
                if (!isFolder)
                {
                    files.Add((path, length));
                }
                else if (folder.Depth < MaximumFolderDepth)
                {
                    folders.Enqueue((path, folder.Depth + 1));
                }
            }
        }

        return files;
    }

    private Task<List<(string Path, long Length, bool IsFolder)>> ListFolderAsync(string runId, string folder, CancellationToken cancellationToken) => GetAsync(
        $"{ListFiles}?run_id={Uri.EscapeDataString(runId)}&path={Uri.EscapeDataString(folder)}",
        static answer => MlflowRunReader.List(answer, "files").Select(static file => (
            MlflowRunReader.Text(file, "path"),
            MlflowRunReader.Whole(file, "file_size") ?? 0,
            file.TryGetProperty("is_dir", out JsonElement value) && value.ValueKind == JsonValueKind.True)).ToList(),
        cancellationToken);

    /// <summary>Null where the proxy does not know the run's artifacts.</summary>
    /// <exception cref="ArgumentException">The name would lead out of the run's folder.</exception>
    private static string? ProxyPathOf(MlflowRun run, string name)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Steps(name))
        {
            throw new ArgumentException("An artifact's name is a path below the run's folder: its segments are not empty, '.' or '..'; the one given has such a segment.", nameof(name));
        }

        if (!run.ArtifactUri.StartsWith(ProxyScheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // With another host, or a step, it is no folder of this server's proxy.
        string root = run.ArtifactUri[ProxyScheme.Length..].TrimEnd('/');
        return Steps(root) ? null : Proxy + string.Join('/', $"{root}/{name}".Split('/').Select(Uri.EscapeDataString));
    }

    /// <summary>Whether an address would be made shorter by it: dots and what has no name are taken out of a path before it is sent.</summary>
    private static bool Steps(string path) => Array.Exists(path.Split('/'), static segment => segment is "" or "." or "..");

    /// <summary>Hashes what is read through it; the stream inside survives the request that sends it.</summary>
    private sealed class SentStream(Stream content) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Count { get; private set; }

        public ContentHash Hash => new(_hash.GetCurrentHash());

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = content.Read(buffer, offset, count);
            Take(buffer.AsSpan(offset, read));
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Take(buffer.Span[..read]);
            return read;
        }

        private void Take(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            Count += bytes.Length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
