using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Mlflow;

/// <summary>One request and the answer to it.</summary>
internal sealed class MlflowCall(HttpContext http, MlflowRequest fields, ReadOnlyMemory<byte> body)
{
    /// <summary>What is recorded where somebody has to be. Clients are not told of it.</summary>
    public const string Nobody = "mlflow";

    private const int MaximumActorLength = 250;

    private static readonly byte[] Nothing = "{}"u8.ToArray();
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    public HttpContext Http { get; } = http;

    /// <summary>The fields of the body or the query; none where the body is not JSON.</summary>
    public MlflowRequest Fields { get; } = fields;

    /// <summary>The JSON body, valid until the call has been answered.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Who calls, for what is recorded of it: the user that the host authenticated, otherwise nobody, and never the account that this process runs under.</summary>
    public string Actor => Http.User.Identity is { IsAuthenticated: true, Name: { } name } && !string.IsNullOrWhiteSpace(name)
        ? WireText.Truncate(name, MaximumActorLength)
        : Nobody;

    public CancellationToken Cancelled => Http.RequestAborted;

    /// <summary>Answers <c>{}</c>.</summary>
    public Task AnswerAsync() => WriteAsync(Nothing);

    /// <summary>Answers an object of the fields that are written.</summary>
    public Task AnswerAsync(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return WriteAsync(buffer.WrittenMemory);
    }

    /// <summary>Answers an object of any length, of the fields that are written part by part.</summary>
    public async Task StreamAsync(Func<AnswerStream, Task> writeAsync)
    {
        using var answer = new AnswerStream(Http.Response, Cancelled);
        await writeAsync(answer).ConfigureAwait(false);
        await answer.CompleteAsync().ConfigureAwait(false);
    }

    private Task WriteAsync(ReadOnlyMemory<byte> json)
    {
        HttpResponse response = Http.Response;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        return response.Body.WriteAsync(json, Cancelled).AsTask();
    }
}
