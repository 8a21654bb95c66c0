using System.Net;
using System.Text;
using System.Text.Json;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>A response, read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, byte[] Body, HttpResponseMessage Response)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Error => Json.GetProperty("error").GetString();

    public string? Header(string name) => Response.Headers.TryGetValues(name, out IEnumerable<string>? values) || Response.Content.Headers.TryGetValues(name, out values)
        ? string.Join(",", values)
        : null;
}

internal static class HttpClients
{
    public static Task<Answer> GetAnswerAsync(this HttpClient http, string path) => http.SendAnswerAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public static Task<Answer> PostAnswerAsync(this HttpClient http, string path, string json) =>
        http.SendAnswerAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") });

    public static Task<Answer> PostBinaryAsync(this HttpClient http, string path, string json, params byte[][] tensors) =>
        http.PostBytesAsync(path, [.. Encoding.UTF8.GetBytes(json), .. tensors.SelectMany(static bytes => bytes)], Encoding.UTF8.GetByteCount(json));

    public static Task<Answer> PostBytesAsync(this HttpClient http, string path, byte[] body, object? jsonLength)
    {
        var content = new ByteArrayContent(body);
        if (jsonLength is not null)
            content.Headers.Add("Inference-Header-Content-Length", jsonLength.ToString());
        return http.SendAnswerAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content });
    }

    public static async Task<Answer> SendAnswerAsync(this HttpClient http, HttpRequestMessage request)
    {
        HttpResponseMessage response = await http.SendAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response);
    }
}
