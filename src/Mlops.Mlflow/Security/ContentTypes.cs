using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Mlops.Mlflow;

/// <summary>What a body must say it is: a page of another site can send forms and plain text without asking the browser's leave, but not JSON.</summary>
internal static class ContentTypes
{
    /// <exception cref="ProtocolException">A POST or PUT is not said to be JSON.</exception>
    public static void RequireJson(HttpRequest request)
    {
        if ((HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method)) && MediaTypeOf(request) != "application/json")
        {
            throw ProtocolException.Invalid("Bad Request. Content-Type must be one of ['application/json'].");
        }
    }

    /// <exception cref="ProtocolException">It could have been sent by a page of another site.</exception>
    public static void RequireDeliberate(HttpRequest request)
    {
        if (HttpMethods.IsPost(request.Method)
            && (MediaTypeOf(request) is "text/plain" or "multipart/form-data" or "application/x-www-form-urlencoded"
                || (MediaTypeOf(request) is "" && RequestOrigin.IsOfBrowser(request)))
            && !RequestOrigin.IsSameOrigin(request))
        {
            throw ProtocolException.Invalid("Bad Request. Content-Type must say what the file is, and not that it is a form or plain text.");
        }
    }

    private static string MediaTypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) ? type.MediaType.ToString().ToLowerInvariant() : "";
}
