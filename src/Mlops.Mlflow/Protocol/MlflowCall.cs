using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Mlflow;

/// <summary>One request and the answer to it.</summary>
internal sealed class MlflowCall(HttpContext http, MlflowRequest fields, ReadOnlyMemory<byte> body)
{
    private static readonly byte[] Nothing = "{}"u8.ToArray();
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    public HttpContext Http { get; } = http;

    /// <summary>The fields of the body or the query; none where the body is not JSON.</summary>
    public MlflowRequest Fields { get; } = fields;

    /// <summary>The JSON body, valid until the call has been answered.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Who calls, for what is recorded of it; not the account that this process runs under.</summary>
    public string Actor => Http.User.Identity?.Name is { Length: > 0 } name ? name : "mlflow";

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

    private Task WriteAsync(ReadOnlyMemory<byte> json)
    {
        HttpResponse response = Http.Response;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        return response.Body.WriteAsync(json, Cancelled).AsTask();
    }
}
