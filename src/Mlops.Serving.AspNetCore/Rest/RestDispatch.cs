using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mlops.Serving.AspNetCore;

/// <summary>What happens around every REST endpoint: who may ask, and what an exception is on the wire.</summary>
internal sealed class RestDispatch(InferenceOptions options, ILogger logger)
{
    public RequestDelegate Of(Func<HttpContext, Task> handle) => context => HandleAsync(context, handle);

    private async Task HandleAsync(HttpContext context, Func<HttpContext, Task> handle)
    {
        try
        {
            if (AccessGate.Refusal(context, options) is { } refusal)
                throw new WireException(refusal, StatusCodes.Status403Forbidden);
            await handle(context).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
        catch (Exception exception)
        {
            await RefuseAsync(context, exception).ConfigureAwait(false);
        }
    }

    private Task RefuseAsync(HttpContext context, Exception exception)
    {
        var error = RestError.Of(exception);
        if (error.Status == StatusCodes.Status500InternalServerError)
            logger.CallFailed(exception, (context.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText ?? "");
        if (context.Response.HasStarted)
        {
            // The client must not take what it got for a whole answer.
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Headers.ContentEncoding = default;
        context.Response.Headers.Remove(InferAnswer.JsonLengthHeader);
        if (error.RetryAfter is { } delay)
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (error.Status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The rest of the body is not read, so the connection ends; a client that was not told would send its next request there.
            context.Response.Headers.Connection = "close";
        }

        var json = new Utf8Text();
        json.Raw("{\"error\":"u8);
        json.String(error.Message);
        json.Raw("}"u8);
        return JsonAnswer.WriteAsync(context, error.Status, json, options);
    }
}
