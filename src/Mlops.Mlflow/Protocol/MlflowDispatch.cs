using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mlops.Mlflow;

/// <summary>What happens around every endpoint: who may ask, how the body is read, and which error an exception is.</summary>
internal sealed class MlflowDispatch(MlflowOptions options, ILogger logger)
{
    public RequestDelegate Of(MlflowRoute route) => context => HandleAsync(context, route);

    private async Task HandleAsync(HttpContext context, MlflowRoute route)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            if (RequestOrigin.Refusal(context) is { } refusal)
            {
                throw new ProtocolException(ErrorCode.PermissionDenied, refusal);
            }

            await AnswerAsync(context, route).ConfigureAwait(false);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested && IsDeparture(exception))
        {
            // Nobody listens any more.
        }
        catch (Exception exception)
        {
            await RefuseAsync(context, route, exception).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(HttpContext context, MlflowRoute route)
    {
        if (route.Body == RouteBody.File)
        {
            ContentTypes.RequireDeliberate(context.Request);
        }

        if (route.Body != RouteBody.Fields || HttpMethods.IsGet(context.Request.Method))
        {
            await route.HandleAsync(new MlflowCall(context, MlflowRequest.FromQuery(context.Request.Query), default)).ConfigureAwait(false);
            return;
        }

        ContentTypes.RequireJson(context.Request);
        using RequestBody body = await RequestBody.ReadAsync(context, options.MaximumBodyBytes).ConfigureAwait(false);

        // The endpoint of batches reads the bytes itself; everything else is small.
        MlflowRequest fields = route.ReadsBytes ? MlflowRequest.Empty : MlflowRequest.FromBody(body.Bytes);
        await route.HandleAsync(new MlflowCall(context, fields, body.Bytes)).ConfigureAwait(false);
    }

    /// <summary>What follows from the client's going, as opposed to what happened to fail meanwhile.</summary>
    private static bool IsDeparture(Exception exception) => exception is OperationCanceledException or ConnectionResetException or BadHttpRequestException;

    private async Task RefuseAsync(HttpContext context, MlflowRoute route, Exception exception)
    {
        (ErrorCode code, string message) = ErrorAnswer.Of(exception);
        if (code == ErrorCode.Internal || code == ErrorCode.DataLoss)
        {
            logger.CallFailed(exception, route.Method, route.Path);
        }
        else if (code == ErrorCode.TemporarilyUnavailable)
        {
            logger.CallPostponed(exception, route.Method, route.Path);
        }

        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            // The client must not take what it got for the whole.
            context.Abort();
            return;
        }

        context.Response.Headers.ContentDisposition = default;
        if (code == ErrorCode.TooLarge)
        {
            // The rest of the body is not read, so the connection ends; a client that was not told would send its next request there.
            context.Response.Headers.Connection = "close";
        }

        await ErrorAnswer.WriteAsync(context, code, message).ConfigureAwait(false);
    }
}
