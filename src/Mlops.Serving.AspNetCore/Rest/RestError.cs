using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>The status and words that an exception is on the wire.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">What the client is told.</param>
/// <param name="RetryAfter">When it is worth to ask again.</param>
internal readonly record struct RestError(int Status, string Message, TimeSpan? RetryAfter = null)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public static RestError Of(Exception exception) => exception switch
    {
        WireException wire => new(wire.Status, wire.Message, wire.RetryAfter),
        InvalidInputException input => new(StatusCodes.Status400BadRequest, input.Message),
        ServedModelNotFoundException missing => new(StatusCodes.Status404NotFound, $"There is no model '{Shorten(missing.Model)}'."),
        ModelVersionNotFoundException missing => new(StatusCodes.Status404NotFound, missing.Message),
        ModelUnavailableException unavailable => new(StatusCodes.Status503ServiceUnavailable, $"No version of model '{unavailable.Model}' accepts calls.", Soon),
        ModelOverloadedException overloaded => new(StatusCodes.Status503ServiceUnavailable, overloaded.Message, overloaded.RetryAfter),
        PredictionTimeoutException late => new(StatusCodes.Status504GatewayTimeout, late.Message),
        PredictionException { InnerException: NotFiniteNumberException } notFinite => new(StatusCodes.Status500InternalServerError, notFinite.Message),

        // What a model says of its own failure may quote what it computed with.
        PredictionException failed => new(StatusCodes.Status500InternalServerError, $"Model '{failed.Model}' version {failed.Version} failed to predict; the server's log says why."),
        ModelLoadException failed => new(StatusCodes.Status400BadRequest, failed.Message),
        ObjectDisposedException => new(StatusCodes.Status503ServiceUnavailable, "The server stops.", Soon),
        BadHttpRequestException bad => new(bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The request is too long." : "The request could not be read."),
        _ => new(StatusCodes.Status500InternalServerError, "The server failed; its log says why."),
    };

    /// <summary>Text of a client, as long as it is good for a message.</summary>
    public static string Shorten(string text) => text.Length <= 128 ? text : text[..128] + "...";
}
