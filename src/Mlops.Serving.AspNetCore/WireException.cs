using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>What a client sent cannot be taken; the message is for the client.</summary>
internal sealed class WireException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status => status;

    /// <summary>When it is worth to ask again; <c>null</c> where it is not.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
