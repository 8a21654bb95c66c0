using System.Globalization;
using System.Net;

namespace Mlops.Webhooks;

/// <summary>A receiver did not take a webhook. The message names the target's host and port, never its path, query or any key.</summary>
public sealed class WebhookException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was attempted, what was seen, what to do.</param>
    /// <param name="host">The target's host and port.</param>
    /// <param name="attempts">Attempts that were made.</param>
    /// <param name="statusCode">The last answer's status, or null where there was none.</param>
    /// <param name="isTransient">Whether a later message of the same id may be taken.</param>
    /// <param name="retryAfter">How long the receiver asked to wait, or null.</param>
    /// <param name="innerException">Why the last attempt had no answer.</param>
    public WebhookException(
        string message, string host, int attempts, HttpStatusCode? statusCode = null, bool isTransient = false, TimeSpan? retryAfter = null,
        Exception? innerException = null)
        : base(message, innerException)
    {
        Host = host;
        Attempts = attempts;
        StatusCode = statusCode;
        IsTransient = isTransient;
        RetryAfter = retryAfter;
    }

    /// <summary>The target's host and port.</summary>
    public string Host { get; }

    /// <summary>Attempts that were made.</summary>
    public int Attempts { get; }

    /// <summary>The last answer's status, or null where there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>True when the last failure was of a kind that passes (no answer, 408, 425, 429, 5xx), so that sending it again later may help.</summary>
    public bool IsTransient { get; }

    /// <summary>How long the receiver asked to wait, or null.</summary>
    public TimeSpan? RetryAfter { get; }

    internal static WebhookException From(string host, int attempts, WebhookAnswer answer)
    {
        string status = answer.StatusCode is { } code ? ((int)code).ToString(CultureInfo.InvariantCulture) : "";
        string seen = status.Length > 0 ? $"answered {status}" : answer.Failure is OperationCanceledException ? "did not answer in time" : "could not be reached";
        string next = answer switch
        {
            { StatusCode: null } => "Check that it runs and that this machine reaches it; the message may be sent again.",
            { IsTransient: true, RetryAfter: { } wait } => string.Create(CultureInfo.InvariantCulture, $"It asks for a wait of {wait.TotalSeconds:0.#} s; send the message again later."),
            { IsTransient: true } => "Send the message again later.",
            { StatusCode: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest } => "Redirects are not followed: set Url to where it really is.",
            { StatusCode: HttpStatusCode.Gone } => "It wants no more messages: take the webhook out of the configuration.",
            _ => "It is not tried again: check Url and that the receiver knows one of the keys.",
        };
        return new WebhookException(
            string.Create(CultureInfo.InvariantCulture, $"Sending a webhook: {host} {seen} (attempts: {attempts}). {next}"),
            host, attempts, answer.StatusCode, answer.IsTransient, answer.RetryAfter, answer.Failure);
    }
}
