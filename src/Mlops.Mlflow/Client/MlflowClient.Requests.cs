using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Mlops.Mlflow;

public sealed partial class MlflowClient
{
    private const string Api = "api/2.0/mlflow/";
    private const int MaximumFirstBuffer = 1024 * 1024;

    /// <param name="path">Below the API.</param>
    /// <param name="read">What the answer says.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="MlflowException">The server refused, or the answer is none.</exception>
    internal async Task<T> GetAsync<T>(string path, Func<JsonElement, T> read, CancellationToken cancellationToken) =>
        Read(path, await SendAsync(Request(HttpMethod.Get, Api + path), cancellationToken).ConfigureAwait(false), read);

    /// <inheritdoc cref="GetAsync{T}"/>
    /// <param name="path">Below the API.</param>
    /// <param name="write">Writes the fields of the request.</param>
    /// <param name="read">What the answer says.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    internal async Task<T> PostAsync<T>(string path, Action<Utf8JsonWriter> write, Func<JsonElement, T> read, CancellationToken cancellationToken) =>
        Read(path, await PostAsync(path, write, cancellationToken).ConfigureAwait(false), read);

    internal Task<JsonElement> PostAsync(string path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return PostAsync(path, buffer.WrittenMemory, cancellationToken);
    }

    private Task<JsonElement> PostAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        HttpRequestMessage request = Request(HttpMethod.Post, Api + path);
        request.Content = new ReadOnlyMemoryContent(json);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(request, cancellationToken);
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            ReadOnlyMemory<byte>? body = await ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
            JsonElement answer = body is { } bytes ? Parse(bytes) : default;
            return !response.IsSuccessStatusCode || answer.ValueKind != JsonValueKind.Object
                ? throw Refused(request, response, answer, body is null ? $"the answer is longer than the {_maximumAnswerBytes} bytes of {nameof(MaximumAnswerBytes)}." : null)
                : answer;
        }
    }

    /// <summary>The body; null when it is longer than allowed, of which no more is kept than that.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > _maximumAnswerBytes)
        {
            return null;
        }

        // The client's own timeout ends with the headers.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_http.Timeout);
        try
        {
            Stream stream = await content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
            var buffer = new ArrayBufferWriter<byte>((int)Math.Min(content.Headers.ContentLength ?? 0, MaximumFirstBuffer) + 1);
            while (await stream.ReadAsync(buffer.GetMemory(), timeout.Token).ConfigureAwait(false) is > 0 and int read)
            {
                buffer.Advance(read);
                if (buffer.WrittenCount > _maximumAnswerBytes)
                {
                    return null;
                }
            }

            return buffer.WrittenMemory;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TaskCanceledException($"Reading an answer of the MLflow server at {Host} took longer than the client's Timeout of {_http.Timeout}.", new TimeoutException(null, exception));
        }
    }

    private static T Read<T>(string path, JsonElement answer, Func<JsonElement, T> read)
    {
        try
        {
            return read(answer);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new MlflowException(Api + path.Split('?')[0], HttpStatusCode.OK, "", "the answer lacks what the protocol promises, or holds it in another form.", exception);
        }
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A proxy's page, for example.
            return default;
        }
    }

    /// <summary>A request to the server and nobody else: addresses are made of its own, whatever it answers.</summary>
    private HttpRequestMessage Request(HttpMethod method, string path) => new(method, new Uri(_server, path)) { Headers = { Authorization = _authorization } };

    private MlflowException Refused(HttpRequestMessage request, HttpResponseMessage response, JsonElement answer, string? problem = null)
    {
        string path = request.RequestUri!.AbsolutePath;
        bool isObject = answer.ValueKind == JsonValueKind.Object;
        return new MlflowException(
            path.StartsWith(_server.AbsolutePath, StringComparison.Ordinal) ? path[_server.AbsolutePath.Length..] : path,
            response.StatusCode,
            isObject ? TextOf(answer, "error_code") : "",
            problem is not null ? problem
                : isObject ? TextOf(answer, "message")
                : (int)response.StatusCode is >= 300 and < 400 ? "it redirects, which is not followed; give the address that it redirects to."
                : "the answer is no JSON object.")
        {
            RetryAfter = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - _time.GetUtcNow() : null,
        };
    }
}
