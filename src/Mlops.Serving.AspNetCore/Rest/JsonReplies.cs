using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Answers of the endpoints that are not called for every prediction.</summary>
internal sealed class JsonReplies(InferenceOptions options)
{
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    /// <summary>Answers an object of the members that are written.</summary>
    public Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK) => AnswerValueAsync(
        context,
        json =>
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        },
        status);

    /// <summary>Answers the value that is written.</summary>
    public Task AnswerValueAsync(HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK)
    {
        var text = new Utf8Text();
        using (var json = new Utf8JsonWriter(text, WriterOptions))
            write(json);
        return JsonAnswer.WriteAsync(context, status, text, options);
    }
}
