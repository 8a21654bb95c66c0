using System.Net;

namespace Mlops.Webhooks;

/// <summary>What became of one attempt.</summary>
/// <param name="StatusCode">The status, or null where there was no answer.</param>
/// <param name="RetryAfter">How long the receiver asked to wait.</param>
/// <param name="Failure">Why there was no answer.</param>
internal readonly record struct WebhookAnswer(HttpStatusCode? StatusCode, TimeSpan? RetryAfter, Exception? Failure)
{
    public bool IsTaken => StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices;

    /// <summary>Whether the same message may be taken later.</summary>
    public bool IsTransient => StatusCode is null or HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
}
