using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Mlflow;

/// <summary>
/// An answer of any length, sent part by part while it is written. Nothing is sent before the first part is full: a failure until then is
/// answered as what it is, and an answer that is no longer has a length. A failure afterwards breaks the answer off.
/// </summary>
internal sealed class AnswerStream : IDisposable
{
    /// <summary>As soon as so much is written it is sent; what is written at once may be longer.</summary>
    public const int PartBytes = 64 * 1024;

    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    private readonly HttpResponse _response;
    private readonly CancellationToken _cancelled;
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);

    public AnswerStream(HttpResponse response, CancellationToken cancelled)
    {
        _response = response;
        _cancelled = cancelled;
        Json = new Utf8JsonWriter(_buffer, WriterOptions);
        Json.WriteStartObject();
    }

    /// <summary>Writes the fields of the answer's object.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Called between things of bounded length: sends what is written once it is a part.</summary>
    public ValueTask SendIfFullAsync() => _buffer.WrittenCount + Json.BytesPending < PartBytes ? ValueTask.CompletedTask : new ValueTask(SendAsync());

    /// <summary>Sends the rest.</summary>
    public Task CompleteAsync()
    {
        Json.WriteEndObject();
        Json.Flush();
        if (!_response.HasStarted)
        {
            _response.ContentLength = _buffer.WrittenCount;
        }

        return SendAsync();
    }

    public void Dispose() => Json.Dispose();

    private async Task SendAsync()
    {
        Json.Flush();
        if (!_response.HasStarted)
        {
            _response.ContentType = "application/json";
        }

        await _response.Body.WriteAsync(_buffer.WrittenMemory, _cancelled).ConfigureAwait(false);
        _buffer.ResetWrittenCount();
    }
}
