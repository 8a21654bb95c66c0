namespace Mlops.Storage.S3.Tests;

/// <summary>Sees the requests of a client, and may act before one is sent or answer in the server's place.</summary>
internal sealed class Requests : DelegatingHandler
{
    /// <summary>What was sent, in order.</summary>
    public List<string> Methods { get; } = [];

    /// <summary>Called with the number of a request, from 1, before it is sent.</summary>
    public Action<int>? Before { get; set; }

    /// <summary>Answers in the server's place; null where the server shall.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?>? Answer { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Methods.Add(request.Method.Method);
        Before?.Invoke(Methods.Count);
        return Answer?.Invoke(request) ?? await base.SendAsync(request, cancellationToken);
    }
}
