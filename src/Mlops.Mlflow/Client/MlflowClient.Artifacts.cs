using System.Net.Http.Headers;
using System.Text.Json;

namespace Mlops.Mlflow;

public sealed partial class MlflowClient
{
    private const string Proxy = "api/2.0/mlflow-artifacts/artifacts/";
    private const string ProxyScheme = "mlflow-artifacts:/";
    private const int MaximumFolderDepth = 16;

    /// <summary>The names of every file of a run, whatever folder it is in.</summary>
    /// <exception cref="MlflowException">The server refused.</exception>
    public Task<IReadOnlyList<string>> ListArtifactsAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return ListArtifactsCoreAsync(runId, cancellationToken);
    }

    /// <summary>Sends a file to a run through the server.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The file's name, which may hold slashes.</param>
    /// <param name="content">Read to its end and left open.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="NotSupportedException">The run's artifacts are not behind the server's proxy.</exception>
    /// <exception cref="MlflowException">The server refused.</exception>
    public async Task UploadArtifactAsync(MlflowRun run, string name, Stream content, CancellationToken cancellationToken = default)
    {
        Uri address = AddressOf(run, name);
        ArgumentNullException.ThrowIfNull(content);
        var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new StreamContent(new LeftOpen(content)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a file of a run through the server.</summary>
    /// <exception cref="NotSupportedException">The run's artifacts are not behind the server's proxy.</exception>
    /// <exception cref="MlflowException">The server refused, or the run has no such file.</exception>
    public async Task<Stream> OpenArtifactAsync(MlflowRun run, string name, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(run, name));
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

    private async Task<IReadOnlyList<string>> ListArtifactsCoreAsync(string runId, CancellationToken cancellationToken)
    {
        List<string> files = [];
        Queue<(string Path, int Depth)> folders = new([("", 0)]);
        while (folders.TryDequeue(out (string Path, int Depth) folder))
        {
            JsonElement answer = await GetAsync(
                $"artifacts/list?run_id={Uri.EscapeDataString(runId)}&path={Uri.EscapeDataString(folder.Path)}", cancellationToken).ConfigureAwait(false);
            foreach (JsonElement file in MlflowRunReader.List(answer, "files"))
            {
                string path = MlflowRunReader.Text(file, "path");
                bool isFolder = file.TryGetProperty("is_dir", out JsonElement value) && value.ValueKind == JsonValueKind.True;
                if (!isFolder)
                {
                    files.Add(path);
                }
                else if (folder.Depth < MaximumFolderDepth)
                {
                    folders.Enqueue((path, folder.Depth + 1));
                }
            }
        }

        return files;
    }

    private static Uri AddressOf(MlflowRun run, string name)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!run.ArtifactUri.StartsWith(ProxyScheme, StringComparison.OrdinalIgnoreCase) || run.ArtifactUri.StartsWith(ProxyScheme + "/", StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException("The run's artifacts are not behind the server's proxy (mlflow-artifacts:/); start the server with --serve-artifacts.");
        }

        string root = run.ArtifactUri[ProxyScheme.Length..];
        return new Uri(Proxy + string.Join('/', $"{root}/{name}".Split('/').Select(Uri.EscapeDataString)), UriKind.Relative);
    }

    /// <summary>A stream that survives the request that sends it.</summary>
    private sealed class LeftOpen(Stream content) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => content.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => content.ReadAsync(buffer, cancellationToken);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
