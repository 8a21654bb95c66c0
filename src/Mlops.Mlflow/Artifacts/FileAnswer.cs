using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mlops.Mlflow;

/// <summary>Sends a file so that no browser shows it: it may be a page that somebody uploaded.</summary>
internal static class FileAnswer
{
    /// <param name="context">The request.</param>
    /// <param name="name">By the grammar of artifact names, which has no quotes and no backslashes.</param>
    /// <param name="content">Read to its end and disposed; if that throws, the connection is cut, so that nobody takes a part for the whole.</param>
    public static async Task SendAsync(HttpContext context, string name, Stream content)
    {
        await using (content.ConfigureAwait(false))
        {
            HttpResponse response = context.Response;
            response.ContentType = "application/octet-stream";
            response.ContentLength = content.Length;
            response.Headers.ContentDisposition = Attachment(name[(name.LastIndexOf('/') + 1)..]);
            response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
            await content.CopyToAsync(response.Body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static string Attachment(string file) =>
        Ascii.IsValid(file) ? $"attachment; filename=\"{file}\"" : $"attachment; filename*=UTF-8''{Uri.EscapeDataString(file)}";
}
