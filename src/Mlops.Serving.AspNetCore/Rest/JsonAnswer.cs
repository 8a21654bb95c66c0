using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Answers with JSON.</summary>
internal static class JsonAnswer
{
    public static async Task WriteAsync(HttpContext context, int status, Utf8Text json, InferenceOptions options)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        if (ResponseCompression.Find(context.Request, json.Length, options) is { } encoding)
        {
            Stream stream = ResponseCompression.Begin(response, encoding);
            await using (stream.ConfigureAwait(false))
                await stream.WriteAsync(json.Memory, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        response.ContentLength = json.Length;
        await response.BodyWriter.WriteAsync(json.Memory, context.RequestAborted).ConfigureAwait(false);
    }
}
