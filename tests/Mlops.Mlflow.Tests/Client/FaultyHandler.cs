namespace Mlops.Mlflow.Tests.Client;

/// <summary>A network between a client and a real server: it may be down, or lose the answers to requests that the server has carried out.</summary>
internal sealed class FaultyHandler() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
{
    private int _requests;

    public volatile bool IsDown;

    /// <summary>Whether the answer to the request of this number is lost.</summary>
    public Func<int, bool> LosesAnswer { get; set; } = static _ => false;

    public int Lost { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            throw new HttpRequestException("The network is down.");
        }

        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        if (LosesAnswer(Interlocked.Increment(ref _requests)))
        {
            Lost++;
            response.Dispose();
            throw new HttpRequestException("The answer was lost.");
        }

        return response;
    }
}
