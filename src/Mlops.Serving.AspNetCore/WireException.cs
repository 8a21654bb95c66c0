using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>What a client sent cannot be taken; the message is for the client.</summary>
internal sealed class WireException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status => status;
}
